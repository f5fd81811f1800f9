import { expect, inject, test } from 'vitest';
import { createSandbox } from '../../sandbox/index.ts';
import { SEARCH_ATTRIBUTES } from '../../src/domain/names.ts';
import type { SetupResult } from '../../src/operations/setup.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore } from '../support/database.ts';
import { grpcProxy } from '../support/grpc.ts';
import { testNamespace, TYPE } from '../support/namespace.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal, uniqueTaskQueue } from '../support/temporal.ts';
import { runCommand } from './run-command.ts';
import { cli, emptyFolder, onlyDocument } from './spawn.ts';

const store = await createTestStore();
const address = inject('temporalAddress');
const wrong = await testNamespace({ KomboTool: TYPE.Int });
const right = await testNamespace(
  Object.fromEntries(
    SEARCH_ATTRIBUTES.map(({ name, type }) => [name, type === 'KEYWORD' ? TYPE.Keyword : TYPE.KeywordList]),
  ),
);
const { client } = await testTemporal();

const run = (args: string[], namespace: string, env: Record<string, string> = {}, input?: string) => {
  const settings = {
    DATABASE_URL: store.url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TASK_QUEUE: uniqueTaskQueue(),
    ...env,
  };
  return input === undefined ? runCommand(args, settings) : cli(args, settings, emptyFolder, input);
};

test('a search attribute of a wrong type is named with the type found and the type needed', async () => {
  const { code, stdout } = await run(['setup'], wrong);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^! KomboTool has the type Int and needs Keyword\. Syncs still run/m);
  expect(stdout).toContain('cannot find runs by KomboTool.\n    → Remove what has another type');
  const checked = await run(['doctor'], wrong);
  expect(checked.stdout).toMatch(/^! Search attributes: KomboTool has the type Int and needs Keyword/m);
  expect(checked.stdout).not.toContain('KomboTrigger');
});

test('if the list of search attributes is refused, as on Temporal Cloud, queries reveal missing ones and wrong types', async () => {
  const [some] = [
    await testNamespace({ KomboTool: TYPE.Text, KomboModels: TYPE.Keyword, KomboTrigger: TYPE.Keyword }),
  ];
  // Temporal Cloud cannot run here, so a real server refuses what Cloud refuses to a key without that right.
  const TEMPORAL_ADDRESS = await grpcProxy(address, (method) =>
    method.endsWith('SearchAttributes') ? { code: 7, details: 'Request unauthorized.' } : undefined,
  );
  const { code, stdout } = await run(['setup', '--json'], some, { TEMPORAL_ADDRESS });
  expect(code).toBe(0);
  expect((onlyDocument(stdout) as SetupResult).unusable).toEqual([
    { name: 'KomboIntegrationId', needed: 'Keyword', found: null, reason: 'Request unauthorized.' },
    { name: 'KomboTool', needed: 'Keyword', found: 'another type' },
    { name: 'KomboCategory', needed: 'Keyword', found: null, reason: 'Request unauthorized.' },
    { name: 'KomboModels', needed: 'KeywordList', found: 'Keyword' },
  ]);
});

test('setup counts rows that have no count, and with --recount all of them', async () => {
  const insert = (id: string) =>
    store.pool.query(
      `insert into kombo.ats_tags (integration_id, id, raw, observed_at, asked_seq, arrived_seq) values ($1, 'a', '{}', now(), 0, 0)`,
      [id],
    );
  const counts = async () => {
    const { rows } = await store.pool.query(
      'select integration_id, live from kombo_sync.row_counts order by 1',
    );
    return rows;
  };
  await insert('demo:counted');
  expect((await run(['setup'], right)).stdout).toContain('Row counts: 1 compared with the rows, 1 corrected');
  await store.pool.query(`update kombo_sync.row_counts set live = 7`);
  expect((await run(['setup'], right)).stdout).not.toContain('Row counts');
  const again = await run(['setup', '--recount', '--json'], right);
  expect((onlyDocument(again.stdout) as SetupResult).rowCounts).toEqual({ compared: 1, corrected: 1 });
  expect(await counts()).toEqual([{ integration_id: 'demo:counted', live: 1 }]);
  expect((await run(['setup', '--recount'], right)).stdout).toContain(
    'Row counts: 1 compared with the rows, all right',
  );
});

test('an integration whose schedules cannot be created is named, and the others are set up', async () => {
  const tooLong = `demo:${'x'.repeat(1_100)}`;
  const good = ['demo:1', 'demo:2'];
  for (const id of [tooLong, ...good]) await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
  // A tool this long was once too long for the server.
  await store.pool.query('update kombo_sync.integrations set tool = $1 where id = $2', [
    't'.repeat(3_000),
    'demo:2',
  ]);
  const { code, stdout, stderr } = await run(['setup', '--json'], right);
  const done = onlyDocument(stdout) as SetupResult;
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(done.schedules.created.toSorted()).toEqual(good);
  expect(done.failed).toEqual([
    {
      id: tooLong,
      message: expect.stringMatching(/^Temporal refuses a request: .*length exceeds limit/) as string,
    },
  ]);
  for (const id of good)
    expect(await describeSchedule(client, id)).toMatchObject({ fullSync: {}, catchUp: {} });
  const again = await run(['setup'], right);
  expect(again.code).toBe(1);
  expect(again.stdout).toMatch(
    /^✗ 1 integration failed; the others are set up\..*\n {4}demo:x+: Temporal refuses/m,
  );
  await store.pool.query('delete from kombo_sync.integrations');
});

test('an integration whose schedules cannot be deleted is named, and the others lose theirs', async () => {
  const TASK_QUEUE = uniqueTaskQueue();
  const ids = ['demo:gone-1', 'demo:gone-2'];
  for (const id of ids) await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
  expect((await run(['setup'], right, { TASK_QUEUE })).code).toBe(0);
  await store.pool.query('delete from kombo_sync.integrations');
  const { connection } = client;
  await eventually(async () => {
    const { schedules } = await connection.workflowService.listSchedules({ namespace: right });
    return schedules.filter(({ scheduleId }) => scheduleId?.includes('demo:gone-')).length === 4;
  });
  let refused = 0;
  const TEMPORAL_ADDRESS = await grpcProxy(address, (method) => {
    if (method !== 'DeleteSchedule' || refused > 0) return undefined;
    refused += 1;
    return { code: 3, details: 'not this one' };
  });
  const { code, stdout } = await run(['setup', '--json'], right, { TASK_QUEUE, TEMPORAL_ADDRESS });
  const { schedules, failed } = onlyDocument(stdout) as SetupResult;
  expect(code).toBe(1);
  expect(failed).toMatchObject([{ message: expect.stringContaining('not this one') as string }]);
  const other = ids.find((id) => id !== failed[0]?.id);
  expect(schedules.deleted.toSorted()).toEqual([`catch-up/${other}`, `full-sync/${other}`]);
});

test('a schedule is tried again, with a message, while the server does not know the new search attributes', async () => {
  const id = 'demo:fresh';
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
  let refused = 0;
  // A server with several front ends caches its list for some seconds. This real one refuses the first schedules.
  const TEMPORAL_ADDRESS = await grpcProxy(address, (method) => {
    if (method !== 'CreateSchedule' || refused >= 3) return undefined;
    refused += 1;
    return { code: 3, details: `Namespace ${right} has no mapping defined for search attribute KomboTool` };
  });
  const { code, stdout, stderr } = await run(['setup', '--json'], right, { TEMPORAL_ADDRESS });
  expect({ code, refused }).toEqual({ code: 0, refused: 3 });
  expect((onlyDocument(stdout) as SetupResult).schedules.created).toEqual([id]);
  expect(stderr).toContain('Temporal does not know the new search attributes yet. Trying again');
  await store.pool.query('delete from kombo_sync.integrations');
});

test('adding integrations waits for the search attributes too, and one that cannot be added does not stop the others', async ({
  onTestFinished,
}) => {
  const sandbox = createSandbox({ apiKey: 'ks_test_setup', webhookSecret: 'whsec_setup', integrations: [] });
  const KOMBO_API_URL = await sandbox.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => sandbox.close());
  const ids = ['demo:good', 'demo:bad', 'demo:late'].map((id) => `${id}-${process.pid}`);
  for (const id of ids) sandbox.control.addIntegration({ id, category: 'LMS', scale: 0 });
  let calls = 0;
  const TEMPORAL_ADDRESS = await grpcProxy(address, (method) => {
    if (method !== 'CreateSchedule') return undefined;
    calls += 1;
    if (calls === 1) return { code: 3, details: 'no mapping defined for search attribute KomboTrigger' };
    return calls === 2 ? { code: 3, details: 'no place for one more schedule' } : undefined;
  });
  const env = { TEMPORAL_ADDRESS, KOMBO_API_URL, KOMBO_API_KEY: 'ks_test_setup' };
  const args = ['integrations', 'add', '--file', '-', '--no-sync'];
  const { code, stdout, stderr } = await run(args, right, env, ids.join('\n'));
  expect(stderr).toContain('Temporal does not know the new search attributes yet. Trying again');
  expect(stdout).toMatch(/^3 integrations: 2 added, 0 there already, 1 failed\./);
  expect(stdout).toContain('no place for one more schedule');
  expect(code).toBe(1);
  await store.pool.query('delete from kombo_sync.integrations');
});

test('an error that concerns all integrations ends setup at once', async () => {
  for (const id of ['demo:1', 'demo:2']) await saveIntegration(store, { id, tool: 'demo', category: 'HRIS' });
  const TEMPORAL_ADDRESS = await grpcProxy(address, (method) =>
    /^(Create|Update)Schedule$/.test(method) ? { code: 7, details: 'Request unauthorized.' } : undefined,
  );
  const { code, stderr } = await run(['setup'], right, { TEMPORAL_ADDRESS });
  expect(code).toBe(4);
  expect(stderr).toMatch(/^Temporal denies access: Request unauthorized\. Check TEMPORAL_NAMESPACE/);
});
