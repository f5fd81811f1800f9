import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { eventually } from '../support/poll.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { emptyFolder } from './spawn.ts';
import { createCliSystem, type CliSystem } from './system.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

// Without a worker, syncs that are started wait, so that the tests can inspect them.
const ids = Array.from({ length: 14 }, () => uniqueIntegrationId());
const [first, second, inSetup, failing] = ids as [string, string, string, string];

interface Document {
  integrations: { id: string; outcome: string; sync: string | null; message: string | null }[];
  left: number;
  duplicates: number;
  lastBeginsAt: string | null;
  stopped: { code: string; message: string } | null;
}

let system: CliSystem;

beforeAll(async () => {
  system = await createCliSystem(ids.map((id) => ({ id, category: 'LMS', scale: 0 })));
});

function file(name: string, content: string): string {
  const path = join(emptyFolder, name);
  writeFileSync(path, content);
  return path;
}

const outcomes = ({ integrations }: Document) =>
  Object.fromEntries(integrations.map(({ id, outcome, sync }) => [id, [outcome, sync]]));

async function knownIds(): Promise<string[]> {
  const { rows } = await system.store.pool.query<{ id: string }>(
    'select id from kombo_sync.integrations order by id',
  );
  return rows.map(({ id }) => id);
}

test('a file with a line that is not an id adds nothing', async () => {
  const path = file('wrong.txt', `${first}\nAcme Inc.\n`);
  const { error } = await system.json<{ error: { code: string; message: string } }>(
    ['integrations', 'add', '--file', path],
    2,
  );
  expect(error).toMatchObject({ code: 'wrong_use', message: expect.stringContaining('line 2: Acme Inc.') });
  expect(await knownIds()).toEqual([]);
});

test('a key that Kombo refuses stops adding at once, and the command says what to do', async () => {
  const fault = system.control.addFault({
    kind: 'error',
    code: 'PLATFORM.AUTHENTICATION_INVALID',
    status: 401,
    count: 'always',
  });
  const path = file('all.txt', ids.join('\n'));
  const { stdout } = await system.text(['integrations', 'add', '--file', path], 4);
  system.control.removeFault(fault);
  expect(stdout).toContain('It has stopped: Kombo answered');
  expect(stdout).toContain('Check KOMBO_API_KEY');
  expect(stdout).toContain('Not tried: 14. Run the command again to continue.');
  expect(await knownIds()).toEqual([]);
});

test('from CSV, each id is tried although one is unknown to Kombo, and the exit code is 1', async () => {
  system.control.setIntegration(inSetup, { setupStatus: 'INCOMPLETE' });
  const path = file('some.csv', `id,name\n${first},"Acme, Inc."\nnobody:7,x\n${inSetup},y\n${first},z\n`);
  const done = await system.text(['integrations', 'add', '--file', path], 1);
  expect(done.stderr).toContain('The first line is taken as a header: id\n');
  expect(done.stderr).toContain('nobody:7: Kombo does not know an integration nobody:7.');
  expect(done.stdout).toContain('3 integrations: 2 added, 0 there already, 1 failed.\n');
  expect(done.stdout).toContain('Named more than once: 1.\n');
  expect(done.stdout).toContain('First full syncs: 1 started, 1 waiting until Kombo can read the tool.\n');
  expect(done.stdout).toMatch(/^nobody:7 +failed +Kombo does not know/m);
  expect(done.stdout).toMatch(new RegExp(`^${inSetup} +waits +Its setup is not finished`, 'm'));
  expect(await knownIds()).toEqual([first, inSetup].sort());
});

test('from JSON on stdin, the others are added, and those that exist stay as they are', async () => {
  const once = system.control.addFault({ kind: 'rate-limit', retryAfter: 1, count: 3 });
  const done = await system.json<Document>(
    ['integrations', 'add', '--file', '-', '--per-minute', '1'],
    0,
    JSON.stringify(ids),
  );
  system.control.removeFault(once);
  expect(done).toMatchObject({ left: 0, duplicates: 0, stopped: null });
  const others = ids.filter((id) => id !== first && id !== inSetup);
  expect(outcomes(done)).toEqual({
    ...Object.fromEntries(others.map((id) => [id, ['added', 'started']])),
    [first]: ['known', 'running'],
    [inSetup]: ['known', 'waiting'],
  });
  expect(await knownIds()).toEqual(ids.toSorted());

  const begins = await Promise.all(
    others.map(async (id) => {
      const { startTime, executionTime } = await system.temporal.client.workflow
        .getHandle(`full-sync/${id}`)
        .describe();
      return executionTime!.getTime() - startTime.getTime();
    }),
  );
  // Thirteen syncs, of which one runs already: the first ten begin at once, then one per minute.
  const held = begins.filter((ms) => ms > 0).map((ms) => Math.round(ms / 60_000));
  expect([1, 2, 3]).toEqual(expect.arrayContaining(held));
  expect(new Set(held).size).toBeGreaterThanOrEqual(2);
  expect(Date.parse(done.lastBeginsAt!) - Date.now()).toBeGreaterThan(60_000);
});

test('repeating it adds nothing and starts nothing', async () => {
  const before = await system.temporal.client.workflow.getHandle(`full-sync/${second}`).describe();
  const done = await system.json<Document>(
    ['integrations', 'add', '--file', file('again.txt', ids.join('\n'))],
    0,
  );
  const { [inSetup]: waiting, ...rest } = outcomes(done);
  expect(new Set(Object.values(rest).map(String))).toEqual(new Set(['known,running']));
  expect(waiting).toEqual(['known', 'waiting']);
  const after = await system.temporal.client.workflow.getHandle(`full-sync/${second}`).describe();
  expect(after.runId).toBe(before.runId);
});

test('a look-up that Kombo does not answer is tried again', async () => {
  const fault = system.control.addFault({
    kind: 'unavailable',
    endpoint: `/integrations/${encodeURIComponent(failing)}`,
    count: 1,
  });
  const path = file('one.txt', `${failing}\n`);
  const done = await system.json<Document>(['integrations', 'add', '--file', path]);
  system.control.removeFault(fault);
  expect(outcomes(done)).toEqual({ [failing]: ['known', 'running'] });
});

test('on Ctrl-C, look-ups under way are finished, and the command says how many ids are left', async () => {
  const fault = system.control.addFault({ kind: 'delay', ms: 1_500, count: 'always' });
  system.control.clearRequests();
  // More than are looked up at once.
  const many = [...ids, ...Array.from({ length: 40 }, (_, index) => `bombohr:unknown${index}`)];
  const adding = system.start(['integrations', 'add', '--file', file('slow.txt', many.join('\n')), '--json']);
  await eventually(() => system.control.requests().length > 0);
  adding.kill('SIGINT');
  const { code, stdout } = await adding.finished;
  system.control.removeFault(fault);
  const done = JSON.parse(stdout) as Document;
  expect(code).toBe(1);
  expect(done.integrations.length + done.left).toBe(many.length);
  expect(done.left).toBeGreaterThan(0);
});
