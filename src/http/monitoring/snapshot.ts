import type { Config } from '../../config.ts';
import { knownModels } from '../../domain/catalogue/index.ts';
import type { Store } from '../../store/database.ts';
import { sumRowCounts, type RowCount } from '../../store/records/row-counts.ts';
import { readFeedLag } from '../../store/reports/feed-lag.ts';
import { oldestWatermarks } from '../../store/reports/freshness.ts';
import { readTotals } from '../../store/reports/overview.ts';
import { countSetAside } from '../../store/reports/set-aside.ts';
import { listUnknownModels } from '../../store/state/unknown-models.ts';
import { readOwedSignals } from '../../store/state/changes-signals.ts';
import { consumerLags } from '../../store/state/consumers.ts';
import { countIssues } from '../../store/state/issues.ts';
import { oldestUnsent } from '../../store/state/told.ts';
import { readAtIntervals, type IntervalOptions } from './at-intervals.ts';

/** The state of the service in Postgres, as totals without ids. */
export interface Snapshot {
  /** Age of the oldest watermark of any active integration, by category. */
  freshnessSeconds: Map<string, number>;
  integrations: Map<string, number>;
  failedEndpoints: number;
  endpointsNeedingAttention: number;
  /** Rows of the data tables. */
  rows: RowCount;
  rejectedRecords: number;
  openIssues: number;
  unknownModels: number;
  /** Age of the oldest change that readers of the feed cannot see yet. */
  feedLagSeconds: number;
  /** Age of the oldest notification that is not sent. */
  notificationLagSeconds: number;
  /** Age of the oldest change that CHANGES_SIGNAL has not signalled. */
  signalLagSeconds: number;
  /** Age of the oldest change that each consumer has not read. */
  consumerLagSeconds: Map<string, number>;
}

/** With ten thousand integrations reading one is about a second of work for Postgres. */
const SNAPSHOTS: IntervalOptions = { maxAgeMs: 5_000, rest: 20, timeoutMs: 2_000, lateMs: 120_000 };

/** Reads snapshots, with pauses. Undefined while Postgres cannot be read. */
export function createSnapshotReader(
  deps: { config: Config; store: Store },
  options: Partial<IntervalOptions> = {},
): () => Promise<Snapshot | undefined> {
  return readAtIntervals(() => readSnapshot(deps), { ...SNAPSHOTS, ...options });
}

async function readSnapshot({ config, store }: { config: Config; store: Store }): Promise<Snapshot> {
  const [
    totals,
    freshnessSeconds,
    rows,
    rejected,
    openIssues,
    unknownModels,
    feedLagSeconds,
    unsent,
    owedSignals,
    consumerLagSeconds,
  ] = await Promise.all([
    readTotals(store),
    oldestWatermarks(store, config),
    sumRowCounts(store),
    countSetAside(store),
    countIssues(store),
    listUnknownModels(store, knownModels(store.extraEndpoints)),
    readFeedLag(store),
    oldestUnsent(store),
    config.CHANGES_SIGNAL ? readOwedSignals(store) : undefined,
    consumerLags(store),
  ]);
  return {
    freshnessSeconds,
    integrations: new Map(Object.entries(totals.byStatus)),
    failedEndpoints: totals.failedEndpoints,
    endpointsNeedingAttention: totals.endpointsNeedingAttention,
    rows,
    rejectedRecords: rejected,
    openIssues,
    unknownModels: unknownModels.length,
    feedLagSeconds,
    notificationLagSeconds: unsent ? Math.max(0, Date.now() - unsent.createdAt.getTime()) / 1_000 : 0,
    signalLagSeconds: owedSignals?.seconds ?? 0,
    consumerLagSeconds,
  };
}
