/**
 * What 90 days of 10,000 integrations leave in Postgres, and what the queries of a plan, the status and the metrics take there.
 *
 *   npm run bench:history                 10,000 integrations, 90 days
 *   npm run bench:history -- 1000 30      fewer
 *
 * Starts a Postgres of its own, unless DATABASE_URL names one. Takes some minutes and 2 GB of disk.
 */
import { openStore } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { ALL_MODELS } from '../src/domain/choice.ts';
import { readCutoverFacts } from '../src/store/reports/cutover.ts';
import { listFullPasses } from '../src/store/reports/full-passes.ts';
import { listPasses, listSyncs } from '../src/store/reports/history.ts';
import { readNotices } from '../src/store/reports/notices.ts';
import { oldestWatermarks } from '../src/store/reports/freshness.ts';
import { findOverview, listOverview, readTotals } from '../src/store/reports/overview.ts';
import { endpointStatuses } from '../src/store/reports/status.ts';
import { sumRowCounts } from '../src/store/records/row-counts.ts';
import { takeOverdue } from '../src/store/state/due.ts';
import { readHistory } from '../src/store/state/endpoint-history.ts';
import { openPass } from '../src/store/state/passes.ts';
import { prune } from '../src/store/state/retention.ts';
import { bytesOfOwnRow, CHECKS_A_DAY, fillHistory, FULL_EVERY_DAYS, PATHS, sizes } from './scale/history.ts';
import { benchDatabase } from './support/database.ts';

const integrations = Number(process.argv[2] ?? 10_000);
const days = Number(process.argv[3] ?? 90);
const TIMES = 7;
const DAY_MS = 86_400_000;

const database = await benchDatabase();
const store = openStore(database.url, { max: 4 });
const say = (line: string) => process.stdout.write(`${line}\n`);
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

try {
  await migrate(store);
  const startedAt = performance.now();
  await fillHistory(store, { integrations, days });
  say(`Filled in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.\n`);
  const found = await sizes(store);
  for (const { table, bytes, rows } of found) {
    say(`${table.padEnd(20)}${rows.toLocaleString('en').padStart(12)} rows${gigabytes(bytes).padStart(12)}`);
  }
  const all = found.reduce((sum, { bytes }) => sum + bytes, 0);
  const own = await bytesOfOwnRow(store);
  const rowsBefore = integrations * PATHS.length * days * (CHECKS_A_DAY + 1 / FULL_EVERY_DAYS);
  say(`${'together'.padEnd(37)}${gigabytes(all).padStart(12)}`);
  say(`with a row for each check (${Math.round(own)} bytes each): ${gigabytes(own * rowsBefore)}\n`);

  const { rows } = await store.pool.query<{ id: string }>(
    'select id from kombo_sync.integrations order by id offset $1 limit 1',
    [Math.floor(integrations / 2)],
  );
  const { id } = rows[0]!;
  let opened = 0;
  const query = { syncs: 5, graceMs: 600_000, settings: ALL_MODELS };
  const CASES: Record<string, () => Promise<unknown>> = {
    'plan of a sync (readHistory)': () => readHistory(store, id, PATHS),
    'opening a pass': () => open(++opened),
    'status <id> (endpointStatuses)': () => endpointStatuses(store, id),
    'status <id> (findOverview)': () => findOverview(store, id),
    'status, a page of 50 (listOverview)': () => listOverview(store, { limit: 50 }),
    'sync history <id> (listSyncs)': () => listSyncs(store, { integrationId: id }),
    'metrics (oldestWatermarks)': () => oldestWatermarks(store),
    'metrics (readTotals)': () => readTotals(store),
    'metrics (sumRowCounts)': () => sumRowCounts(store),
    'safety net (listFullPasses)': () => listFullPasses(store, ALL_MODELS),
    'failed passes of one (listPasses)': () => listPasses(store, { integrationId: id, state: 'failed' }),
    'notices of the status page': () => readNotices(store),
    'cutover <id> (readCutoverFacts)': () => readCutoverFacts(store, { ...query, id }),
    'cutover of all (readCutoverFacts)': () => readCutoverFacts(store, query),
    'what is overdue (takeOverdue)': () => takeOverdue(store, ALL_MODELS, 100),
  };
  say(`${''.padEnd(40)}${'median'.padStart(10)}${'longest'.padStart(10)}`);
  for (const [what, run] of Object.entries(CASES)) {
    await run();
    const took: number[] = [];
    for (let times = 0; times < TIMES; times += 1) {
      const at = performance.now();
      await run();
      took.push(performance.now() - at);
    }
    took.sort((a, b) => a - b);
    say(`${what.padEnd(40)}${ms(took[Math.floor(TIMES / 2)]!)}${ms(took.at(-1)!)}`);
  }
  const at = performance.now();
  const removed = await prune(store, { changesMs: 30 * DAY_MS, historyMs: 90 * DAY_MS });
  say(`${`prune (${removed.passes} passes)`.padEnd(40)}${ms(performance.now() - at)}`);
  const none = performance.now();
  await prune(store, { changesMs: 30 * DAY_MS, historyMs: 90 * DAY_MS });
  say(`${'prune, nothing left to do'.padEnd(40)}${ms(performance.now() - none)}`);

  async function open(n: number) {
    const pass = {
      integrationId: id,
      endpoint: PATHS[0]!,
      kind: 'delta',
      workflowId: 'w',
      runId: 'r',
    } as const;
    const why = { trigger: 'catch-up', because: 'catch-up', overlapMs: 0 } as const;
    return openPass(store, { ...pass, ...why, syncId: `bench/${n}` });
  }
} finally {
  await store.close();
  await database.stop();
}

function ms(took: number): string {
  return `${took.toFixed(1)} ms`.padStart(10);
}
