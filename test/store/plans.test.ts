import { afterAll, expect, test } from 'vitest';
import { fillHistory, PATHS } from '../../bench/scale/history.ts';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { openStore } from '../../src/store/database.ts';
import { readCutoverFacts } from '../../src/store/reports/cutover.ts';
import { listPasses, listSyncs, syncsUnderWay } from '../../src/store/reports/history.ts';
import { readNotices } from '../../src/store/reports/notices.ts';
import { oldestWatermarks } from '../../src/store/reports/freshness.ts';
import { listOverview, readTotals } from '../../src/store/reports/overview.ts';
import { runningPasses } from '../../src/store/reports/progress.ts';
import { endpointStatuses } from '../../src/store/reports/status.ts';
import { takeOverdue } from '../../src/store/state/due.ts';
import { readHistory } from '../../src/store/state/endpoint-history.ts';
import { noteFailure, owe } from '../../src/store/state/debts.ts';
import { openPass } from '../../src/store/state/passes.ts';
import { listLostPasses } from '../../src/store/state/pass-life.ts';
import { createTestStore } from '../support/database.ts';

/* What a query reads of the history, by the counters of Postgres: they tell what was done, not what was planned. */

const { url } = await createTestStore();
/** One connection, so that its counters are those of the query before. */
const store = openStore(url, { max: 1 });
afterAll(() => store.close());
await fillHistory(store, { integrations: 250, days: 90 });
const { rows } = await store.pool.query<{ id: string }>(
  'select id from kombo_sync.integrations order by id offset 100 limit 1',
);
const { id } = rows[0]!;

interface Scans {
  /** Scans of the whole table. */
  whole: number;
  /** Rows that were fetched by an index. */
  fetched: number;
}

async function scans(): Promise<Scans> {
  await store.pool.query('select pg_stat_force_next_flush()');
  await store.pool.query('select pg_stat_clear_snapshot()');
  const counters = await store.pool.query<Scans>(
    `select seq_scan::int as whole, idx_tup_fetch::int as fetched from pg_stat_user_tables
     where schemaname = 'kombo_sync' and relname = 'passes'`,
  );
  return counters.rows[0]!;
}

const facts = { syncs: 5, graceMs: 600_000, settings: ALL_MODELS };
const pass = { integrationId: id, endpoint: PATHS[0]!, kind: 'delta', workflowId: 'w', runId: 'r' } as const;
const why = { trigger: 'catch-up', because: 'catch-up', overlapMs: 0 } as const;
const tags = { integrationId: id, endpoint: PATHS[1]!, kind: 'delta' } as const;
const error = { errorClass: 'Unavailable', code: 'x', message: 'x' } as const;
const retry = { firstMs: 1_000, maxMs: 1_000, giveUpMs: 1_000 };

/** How many rows of the history each may look at: for one endpoint a few, for a page of 50 integrations some for each endpoint. */
const QUERIES: Record<string, { rows: number; run: () => Promise<unknown> }> = {
  'the plan of a sync': { rows: 50, run: () => readHistory(store, id, PATHS) },
  'opening a pass': { rows: 300, run: () => openPass(store, { ...pass, ...why, syncId: 's' }) },
  'what is owed': { rows: 50, run: () => owe(store, id, [tags]) },
  'a failed read': { rows: 50, run: () => noteFailure(store, { ...tags, tryId: 't', error }, retry) },
  'the endpoints of an integration': { rows: 50, run: () => endpointStatuses(store, id) },
  'a page of the status': { rows: 3_000, run: () => listOverview(store, { limit: 50 }) },
  'a page of syncs': { rows: 1_500, run: () => listSyncs(store, { integrationId: id }) },
  'a page of passes': { rows: 300, run: () => listPasses(store, { integrationId: id }) },
  'what runs': { rows: 50, run: () => syncsUnderWay(store, id) },
  'the progress of what runs': { rows: 50, run: () => runningPasses(store, id) },
  'the oldest watermarks': { rows: 0, run: () => oldestWatermarks(store) },
  'the totals': { rows: 0, run: () => readTotals(store) },
  'the notices': { rows: 500, run: () => readNotices(store) },
  'what the cutover of one rests on': { rows: 50, run: () => readCutoverFacts(store, { ...facts, id }) },
  'what the cutover of all rests on': { rows: 0, run: () => readCutoverFacts(store, facts) },
  'what is overdue': { rows: 50, run: () => takeOverdue(store, ALL_MODELS, 100) },
  'what was lost': { rows: 50, run: () => listLostPasses(store, 0, 100) },
};

test.each(Object.entries(QUERIES))('%s: does not go through the history', async (_what, query) => {
  const before = await scans();
  await query.run();
  const after = await scans();
  expect(after.whole - before.whole).toBe(0);
  expect(after.fetched - before.fetched).toBeLessThanOrEqual(query.rows);
});
