import type { Config } from '../config.ts';
import type { Store } from '../store/database.ts';
import { integrationStatuses } from '../store/status.ts';
import { within } from './within.ts';

const STATUSES = ['active', 'paused', 'parked', 'removed'] as const;

/** State of the service as Postgres has it, added up so that no id is left. */
export interface Snapshot {
  /** Age of the oldest watermark of any active integration, by category. */
  freshnessSeconds: Map<string, number>;
  integrations: Map<string, number>;
  failedEndpoints: number;
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
  const [integrations, rejected] = await Promise.all([
    integrationStatuses(store, config.EXTRA_ENDPOINTS),
    store.pool.query<{ count: number }>('select count(*) as count from kombo_sync.rejected_records'),
  ]);
  const snapshot: Snapshot = {
    freshnessSeconds: new Map(),
    integrations: new Map(STATUSES.map((status) => [status, 0])),
    failedEndpoints: 0,
    rejectedRecords: rejected.rows[0]?.count ?? 0,
  };
  for (const integration of integrations) {
    const { category, status } = integration;
    snapshot.integrations.set(status, (snapshot.integrations.get(status) ?? 0) + 1);
    if (status !== 'active') continue;
    // What was never read is as old as the integration, so that a first sync that never ends raises the alarm too.
    const since = integration.freshAsOf ?? integration.createdAt;
    const age = Math.max(0, (Date.now() - since.getTime()) / 1_000);
    snapshot.freshnessSeconds.set(category, Math.max(age, snapshot.freshnessSeconds.get(category) ?? 0));
    snapshot.failedEndpoints += integration.failedEndpoints.length;
  }
  return snapshot;
}
