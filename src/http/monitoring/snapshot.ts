import type { Config } from '../../config.ts';
import { knownModels } from '../../domain/catalogue/index.ts';
import type { Store } from '../../store/database.ts';
import { oldestWatermarks, readTotals } from '../../store/reports/overview.ts';
import { countSetAside } from '../../store/reports/set-aside.ts';
import { listUnknownModels } from '../../store/state/unknown-models.ts';
import { consumerLags } from '../../store/state/consumers.ts';
import { countIssues } from '../../store/state/issues.ts';
import { within } from '../../within.ts';

/** State of the service as Postgres has it, added up so that no id is left. */
export interface Snapshot {
  /** Age of the oldest watermark of any active integration, by category. */
  freshnessSeconds: Map<string, number>;
  integrations: Map<string, number>;
  failedEndpoints: number;
  endpointsNeedingAttention: number;
  rejectedRecords: number;
  openIssues: number;
  unknownModels: number;
  /** Age of the oldest change that each consumer has not read. */
  consumerLagSeconds: Map<string, number>;
}

interface SnapshotOptions {
  /** A snapshot is kept for this long. */
  maxAgeMs?: number;
  /** One that took long to read is kept for so many times as long. */
  rest?: number;
  /** No request waits longer than this. */
  timeoutMs?: number;
  /** While the next one takes longer than that, the last one counts if it is not older than this. */
  lateMs?: number;
}

/**
 * Reads snapshots one after the other, and with pauses, however often it is asked. Undefined while Postgres cannot be read.
 * With ten thousand integrations reading one is about a second of work for Postgres: that is not done at every scrape, and
 * a slow moment does not look like an outage.
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
  const [totals, freshnessSeconds, rejected, openIssues, unknownModels, consumerLagSeconds] =
    await Promise.all([
      readTotals(store),
      oldestWatermarks(store, config),
      countSetAside(store),
      countIssues(store),
      listUnknownModels(store, knownModels(store.extraEndpoints)),
      consumerLags(store),
    ]);
  return {
    freshnessSeconds,
    integrations: new Map(Object.entries(totals.byStatus)),
    failedEndpoints: totals.failedEndpoints,
    endpointsNeedingAttention: totals.endpointsNeedingAttention,
    rejectedRecords: rejected,
    openIssues,
    unknownModels: unknownModels.length,
    consumerLagSeconds,
  };
}
