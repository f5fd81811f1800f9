import { beforeAll, expect, test, vi } from 'vitest';
import { noteUnknown } from '../../src/store/state/unknown-integrations.ts';
import type { IntegrationOverview, Totals } from '../../src/store/reports/overview.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { runCommand } from './run-command.ts';
import { closedPort, onlyDocument } from './spawn.ts';

vi.setConfig({ testTimeout: 90_000 });

const MANY = 10_000;
const id = (n: number) => `tool:${String(n).padStart(6, '0')}`;

let store: TestStore;
let env: Record<string, string>;

beforeAll(async () => {
  store = await createTestStore();
  env = { DATABASE_URL: store.url, TEMPORAL_ADDRESS: `127.0.0.1:${await closedPort()}` };
  await store.pool.query(
    `insert into kombo_sync.integrations (id, tool, category, organization_name, status, status_reason, needs_attention)
     select 'tool:' || lpad(n::text, 6, '0'), 'tool', 'LMS', 'Org ' || n,
       case when n % 2500 = 0 then 'parked' else 'active' end,
       case when n % 2500 = 0 then 'It is switched off in Kombo.' end, n % 2500 = 0
     from generate_series(1, $1) n`,
    [MANY],
  );
  for (const failing of [id(7), id(8)]) {
    await insertDebt(store, failing, {
      endpoint: '/lms/skills',
      kind: 'delta',
      dueAt: new Date(Date.now() + 20.5 * 60_000),
      failure: {
        code: 'PLATFORM.TASK_TIMED_OUT',
        message: 'Kombo answered /lms/skills with PLATFORM.TASK_TIMED_OUT.',
        failures: 4,
        since: new Date(Date.now() - 2 * 3_600_000),
      },
    });
  }
});

interface Page {
  integrations: IntegrationOverview[];
  next: string | null;
  totals: Totals;
}

async function page(args: readonly string[]): Promise<Page> {
  const done = await runCommand([...args, '--json'], env);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  return onlyDocument(done.stdout) as Page;
}

async function text(args: readonly string[]): Promise<string> {
  const done = await runCommand(args, env);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  return done.stdout;
}

test.each(['integrations list', 'status'])('%s lists page by page', async (words) => {
  const command = words.split(' ');
  const first = await page(command);
  expect(first.integrations).toHaveLength(100);
  expect(first.next).toBe(id(100));
  expect(first.totals.byStatus).toEqual({ active: MANY - 4, parked: 4, paused: 0, removed: 0 });
  const next = await page([...command, '--limit', '3', '--after', first.next!]);
  expect(next.integrations.map((one) => one.id)).toEqual([101, 102, 103].map(id));
  const last = await page([...command, '--after', id(MANY - 2)]);
  expect(last).toMatchObject({ integrations: [{ id: id(MANY - 1) }, { id: id(MANY) }], next: null });
  const shown = await text([...command, '--limit', '2', '--search', "org 9's"]);
  expect(shown).toBe('No integration matches.\n');
});

test('--all lists every integration once, in order', async () => {
  const { integrations, next } = await page(['integrations', 'list', '--all']);
  expect(integrations.map((one) => one.id)).toEqual(Array.from({ length: MANY }, (_, n) => id(n + 1)));
  expect(next).toBeNull();
  const lines = (await text(['status', '--all'])).split('\n');
  expect(lines.filter((line) => /^tool:\d+ +LMS /.test(line))).toHaveLength(MANY);
});

test('filters select integrations, and the hint to the next page keeps them', async () => {
  const parked = await page(['integrations', 'list', '--status', 'parked']);
  expect(parked.integrations.map((one) => one.id)).toEqual([2_500, 5_000, 7_500, 10_000].map(id));
  const found = await page(['status', '--search', 'ORG 777']);
  expect(found.integrations.map((one) => one.id)).toEqual(
    [777, ...Array.from({ length: 10 }, (_, n) => 7_770 + n)].map(id),
  );
  const shown = await text(['status', '--status', 'parked', '--search', 'org', '--limit', '2']);
  expect(shown).toContain(
    `2 are shown. The next: kombo-sync status --status parked --search org --limit 2 --after ${id(5_000)}\n`,
  );
  expect(shown).toMatch(
    new RegExp(
      `^${id(2_500)} +parked +.* – +with the next webhook or catch-up after you act at Kombo +It is switched off in Kombo\\.$`,
      'm',
    ),
  );
});

test('a failing read is shown with its reason, since when, how often, and when it is tried again', async () => {
  const { integrations } = await page(['status', '--failing']);
  expect(integrations.map((one) => one.id)).toEqual([id(7), id(8)]);
  const shown = await text(['status', '--failing']);
  expect(shown).toMatch(
    new RegExp(
      `^${id(7)} +/lms/skills +2 h ago +4 +in \\d\\d min +Kombo answered /lms/skills with .*TIMED_OUT`,
      'm',
    ),
  );
  expect(shown).toContain('2 endpoints of 2 active integrations failing.');
  expect(await text(['status', '--failing', '--limit', '1'])).toContain(
    `The next: kombo-sync status --failing --limit 1 --after ${id(7)}\n`,
  );
});

test('an integration is shown although Temporal does not answer', async () => {
  const shown = await text(['status', id(7)]);
  expect(shown).toMatch(/^Next full sync +not known: Temporal does not answer$/m);
  expect(shown).toMatch(
    /^\/lms\/skills +failing .* The delta pass is failing since 2 h ago, 4 tries\. Next try: in \d\d min\.$/m,
  );
  expect(await page(['status', id(7)])).toMatchObject({
    running: [],
    schedules: null,
  });
});

test('ids that only webhooks know are listed with a possible reason', async () => {
  expect(await text(['integrations', 'list', '--unknown'])).toBe(
    'Kombo knows every integration that a webhook has named.\n',
  );
  await noteUnknown(store, 'nobody:1');
  await noteUnknown(store, 'nobody:1');
  await noteUnknown(store, 'nobody:2');
  expect(await page(['integrations', 'list', '--unknown'])).toMatchObject({
    integrations: [
      { id: 'nobody:2', times: 1 },
      { id: 'nobody:1', times: 2 },
    ],
  });
  const shown = await text(['integrations', 'list', '--unknown', '--limit', '1']);
  expect(shown).toMatch(/^nobody:2 +1 /m);
  expect(shown).not.toContain('nobody:1');
  expect(shown).toContain('another environment or region');
  const { next } = await page(['integrations', 'list', '--unknown', '--limit', '1']);
  expect(shown).toContain(`Earlier ones: kombo-sync integrations list --unknown --after ${next}\n`);
  expect(await page(['integrations', 'list', '--unknown', '--after', next!])).toMatchObject({
    integrations: [{ id: 'nobody:1' }],
    next: null,
  });
});
