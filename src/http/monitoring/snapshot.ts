import type { Config } from '../../config.ts';
import { knownModels } from '../../domain/catalogue/index.ts';
import type { Store } from '../../store/database.ts';
import { oldestWatermarks, readTotals } from '../../store/reports/overview.ts';
import { countSetAside } from '../../store/reports/set-aside.ts';
import { listUnknownModels } from '../../store/state/unknown-models.ts';
import { countIssues } from '../../store/state/issues.ts';
import { within } from '../../within.ts';

/** The state of the service in Postgres, as totals without ids. */
export interface Snapshot {
  /** Age of the oldest watermark of any active integration, by category. */
  freshnessSeconds: Map<string, number>;
  integrations: Map<string, number>;
  failedEndpoints: number;
  endpointsNeedingAttention: number;
  rejectedRecords: number;
  openIssues: number;
  unknownModels: number;
}

interface SnapshotOptions {
  /** A snapshot is kept for this long. */
  maxAgeMs?: number;
  /** A slow snapshot is kept for this many times its reading time. */
  rest?: number;
  /** No request waits longer than this. */
  timeoutMs?: number;
  /** While the next one takes longer than that, the last one counts unless it is older than this. */
  lateMs?: number;
}

/**
 * Reads one snapshot at a time, with pauses between them. Undefined while Postgres cannot be read. With ten thousand
 * integrations, a snapshot costs Postgres about a second, so not every scrape reads one. A slow moment does not look
 * like an outage.
 */
export function createSnapshotReader(
  deps: { config: Config; store: Store },
  { maxAgeMs = 5_000, rest = 20, timeoutMs = 2_000, lateMs = 120_000 }: SnapshotOptions = {},
): () => Promise<Snapshot | undefined> {
  let last: { snapshot: Snapshot | undefined; from: number; until: number } | undefined;
  let reading: Promise<void> | undefined;

  const readNext = async () => {
    const from = performance.now();
    const snapshot = await readSnapshot(deps).catch(() => undefined);
    const now = performance.now();
    last = { snapshot, from, until: now + Math.max(maxAgeMs, snapshot ? (now - from) * rest : 0) };
    reading = undefined;
  };

  return async () => {
    if (last && performance.now() < last.until) return last.snapshot;
    reading ??= readNext();
    try {
      await within(timeoutMs, reading);
      return last?.snapshot;
    } catch {
      return last && performance.now() - last.from < lateMs ? last.snapshot : undefined;
    }
  };
}

async function readSnapshot({ config, store }: { config: Config; store: Store }): Promise<Snapshot> {
  const [totals, freshnessSeconds, rejected, openIssues, unknownModels] = await Promise.all([
    readTotals(store),
    oldestWatermarks(store, config),
    countSetAside(store),
    countIssues(store),
    listUnknownModels(store, knownModels(store.extraEndpoints)),
  ]);
  return {
    freshnessSeconds,
    integrations: new Map(Object.entries(totals.byStatus)),
    failedEndpoints: totals.failedEndpoints,
    endpointsNeedingAttention: totals.endpointsNeedingAttention,
    rejectedRecords: rejected,
    openIssues,
    unknownModels: unknownModels.length,
  };
}
