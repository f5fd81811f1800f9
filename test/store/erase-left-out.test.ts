import { afterEach, beforeEach, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { eraseLeftOutSome, holdersOf } from '../../src/store/records/erase-left-out.ts';
import { countRows } from '../../src/store/records/row-counts.ts';
import { storeChoice } from '../../src/store/state/choice.ts';
import { owe } from '../../src/store/state/debts.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore } from '../support/database.ts';
import { requireRightCounts } from '../support/row-counts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { historyAt, readPass, sweep } from './support.ts';

const TAGS = getEndpoint('/ats/tags');
const store = await createTestStore();
let id: string;

beforeEach(async () => {
  id = uniqueIntegrationId();
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
});

// The counts of rows move with them.
afterEach(() => requireRightCounts(store));

const choose = (excludeModels: string[] | null) => storeChoice(store, id, { excludeModels }, ALL_MODELS);

/** Erases step by step, and returns how many rows each step erased. */
async function eraseAll(bySettings: boolean): Promise<number> {
  let rows = 0;
  for (;;) {
    const some = await eraseLeftOutSome(store, { integrationId: id, endpoint: TAGS, bySettings });
    if (some === undefined) return rows;
    rows += some;
  }
}

async function kept(table: string, condition = `endpoint = '/ats/tags'`): Promise<number> {
  const { rows } = await store.pool.query<{ count: number }>(
    `select count(*)::int as count from ${table} where integration_id = $1 and ${condition}`,
    [id],
  );
  return rows[0]!.count;
}

const changesOf = async (op: string) => {
  const { rows } = await store.pool.query<{ id: string }>(
    `select id from kombo_sync.changes where integration_id = $1 and table_name = 'ats_tags' and op = $2 order by seq`,
    [id, op],
  );
  return rows.map((row) => row.id);
};

/** Live rows, a deleted one, a rejected record, and a sweep. */
async function fill(): Promise<void> {
  await readPass(store, id, TAGS.path, 'full', [[{ id: 'a' }, { id: 'b' }, { id: 'gone' }]]);
  await sweep(
    store,
    await readPass(store, id, TAGS.path, 'full', [[{ id: 'a' }, { id: 'b' }, { name: 'no id' }]]),
  );
  await readPass(store, id, '/ats/jobs', 'full', [[{ id: 'job' }]]);
  await owe(store, id, [{ endpoint: TAGS.path, kind: 'delta' }]);
}

test('only entries of the change feed stay, which say that the rows are erased', async () => {
  await fill();
  await choose(['ats_tags']);
  expect(await countRows(store, id, [TAGS, getEndpoint('/ats/roles')])).toEqual([
    { table: 'ats_tags', rows: 3 },
  ]);
  expect(await eraseAll(false)).toBe(3);
  expect(await changesOf('erased')).toEqual(['a', 'b', 'gone']);
  for (const table of ['passes', 'debts', 'rejected_records', 'drift']) {
    expect({ table, rows: await kept(`kombo_sync.${table}`) }).toEqual({ table, rows: 0 });
  }
  expect(await kept('kombo.ats_tags', 'true')).toBe(0);
  expect(await kept('kombo.ats_jobs', 'true')).toBe(1);
  expect(await kept('kombo_sync.passes', `endpoint = '/ats/jobs'`)).toBe(1);
  expect(await historyAt(store, id, TAGS.path)).toMatchObject({ watermark: null, lastFull: null, debts: {} });
});

test('a chosen endpoint is not erased, even if it was chosen again half-way', async () => {
  await fill();
  expect(await eraseAll(false)).toBe(0);
  expect(await kept('kombo.ats_tags', 'true')).toBe(3);
  await choose(['ats_tags']);
  // The first step has deleted its history, so it is read in full now.
  expect(await eraseLeftOutSome(store, { integrationId: id, endpoint: TAGS, bySettings: false })).toBe(0);
  await choose(null);
  expect(await eraseAll(false)).toBe(0);
  expect(await kept('kombo.ats_tags', 'true')).toBe(3);
  expect(await historyAt(store, id, TAGS.path)).toMatchObject({ watermark: null });
});

test('what the settings leave out is erased even if the integration has no choice', async () => {
  await fill();
  const other = uniqueIntegrationId();
  await saveIntegration(store, { id: other, tool: 'demo', category: 'ATS' });
  await readPass(store, other, TAGS.path, 'full', [[{ id: 'a' }]]);
  expect(await holdersOf(store, TAGS, '')).toEqual(expect.arrayContaining([id, other]));
  expect(await eraseAll(true)).toBe(3);
  expect(await holdersOf(store, TAGS, '')).not.toContain(id);
  expect(await holdersOf(store, TAGS, other)).not.toContain(other);
  expect(await countRows(store, other, [TAGS])).toEqual([{ table: 'ats_tags', rows: 1 }]);
});

test('many rows are erased in short steps', async () => {
  const page = Array.from({ length: 2_500 }, (_, index) => ({ id: `${index}` }));
  await readPass(store, id, TAGS.path, 'full', [page]);
  const steps: (number | undefined)[] = [];
  for (let some: number | undefined = 0; some !== undefined;) {
    some = await eraseLeftOutSome(store, { integrationId: id, endpoint: TAGS, bySettings: true });
    if (some !== 0) steps.push(some);
  }
  expect(steps).toEqual([2_000, 500, undefined]);
  expect(await changesOf('erased')).toHaveLength(2_500);
});
