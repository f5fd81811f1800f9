import type { Config } from '../config.ts';
import type { Store } from '../store/database.ts';
import { oldestWatermarks, readTotals } from '../store/overview.ts';
import { within } from './within.ts';

/** State of the service as Postgres has it, added up so that no id is left. */
export interface Snapshot {
  /** Age of the oldest watermark of any active integration, by category. */
  freshnessSeconds: Map<string, number>;
  integrations: Map<string, number>;
  failedEndpoints: number;
  endpointsNeedingPerson: number;
  rejectedRecords: number;
}

/**
 * Reads snapshots, at most one in `maxAgeMs` however often it is asked. Undefined while Postgres cannot be read, and never
 * later than `timeoutMs`.
 */
export function createSnapshotReader(
  deps: { config: Config; store: Store },
  { maxAgeMs = 5_000, timeoutMs = 2_000 }: { maxAgeMs?: number; timeoutMs?: number } = {},
): () => Promise<Snapshot | undefined> {
  let latest: { at: number; snapshot: Promise<Snapshot | undefined> } | undefined;
  return () => {
    if (!latest || performance.now() - latest.at > maxAgeMs) {
      const snapshot = within(timeoutMs, readSnapshot(deps)).catch(() => undefined);
      latest = { at: performance.now(), snapshot };
    }
    return latest.snapshot;
  };
}

async function readSnapshot({ config, store }: { config: Config; store: Store }): Promise<Snapshot> {
  const [totals, freshnessSeconds, rejected] = await Promise.all([
    readTotals(store),
    oldestWatermarks(store, config.EXTRA_ENDPOINTS),
    store.pool.query<{ count: number }>('select count(*) as count from kombo_sync.rejected_records'),
  ]);
  return {
    freshnessSeconds,
    integrations: new Map(Object.entries(totals.byStatus)),
    failedEndpoints: totals.failedEndpoints,
    endpointsNeedingPerson: totals.endpointsNeedingPerson,
    rejectedRecords: rejected.rows[0]?.count ?? 0,
  };
}
