import { addModels, deadline, type DebounceOptions, type Pending } from '../src/domain/debounce.ts';
import {
  addCounts,
  NO_COUNTS,
  overallStatus,
  type CarriedState,
  type EndpointOutcome,
  type PlannedPass,
  type SyncResult,
} from '../src/domain/sync.ts';
import type { SyncState } from './messages.ts';

/** What one run of `integrationSync` knows: what waits, what runs, what has been done. */
export class RunState {
  pending: Pending | undefined;
  /** Look the integration up at Kombo before the next sync. */
  refresh: boolean;
  /** Read every endpoint in the next sync. */
  everything: boolean;
  /** Do not wait for quiet. */
  urgent: boolean;
  open: CarriedState['open'];
  phase: SyncState['phase'] = 'waiting';
  running: readonly PlannedPass[] = [];
  syncs: number;
  blocked: SyncResult['blocked'];
  readonly outcomes: Map<string, EndpointOutcome>;
  readonly unknownModels: Set<string>;

  constructor(carried: CarriedState | undefined, everything: boolean, now: number) {
    this.pending = carried?.pending;
    this.refresh = carried?.refresh ?? false;
    this.everything = carried?.everything ?? everything;
    this.urgent = carried?.urgent ?? this.everything;
    this.open = carried?.open;
    this.syncs = carried?.syncs ?? 0;
    this.outcomes = new Map(carried?.outcomes.map((outcome) => [outcome.endpoint, outcome]));
    this.unknownModels = new Set(carried?.unknownModels);
    if (this.everything) this.pending ??= addModels(undefined, [], now);
  }

  /** A signal: it only moves the deadline, so that a storm of them costs no command. */
  signal(models: readonly string[], now: number): void {
    this.pending = addModels(this.pending, models, now);
  }

  /** Milliseconds until the next sync is due; 0 when it is due now. */
  waitMs(options: DebounceOptions, now: number): number {
    if (!this.pending || this.urgent) return 0;
    return Math.max(0, deadline(this.pending, options) - now);
  }

  /** Takes what is waiting; whatever is signalled from now on waits for the sync after this one. */
  take(): { models: string[]; refresh: boolean; everything: boolean } {
    const taken = { models: this.pending?.models ?? [], refresh: this.refresh, everything: this.everything };
    this.pending = undefined;
    this.refresh = false;
    this.everything = false;
    this.urgent = false;
    return taken;
  }

  record(outcomes: readonly EndpointOutcome[]): void {
    for (const outcome of outcomes) {
      const before = this.outcomes.get(outcome.endpoint);
      this.outcomes.set(outcome.endpoint, {
        ...outcome,
        counts: addCounts(before?.counts ?? NO_COUNTS, outcome.counts),
      });
    }
  }

  carry(): CarriedState {
    return {
      ...(this.pending ? { pending: this.pending } : {}),
      ...(this.open ? { open: this.open } : {}),
      refresh: this.refresh,
      everything: this.everything,
      urgent: this.urgent,
      syncs: this.syncs,
      outcomes: [...this.outcomes.values()],
      unknownModels: [...this.unknownModels],
    };
  }

  describe(options: DebounceOptions): SyncState {
    return {
      phase: this.phase,
      pendingModels: this.pending?.models ?? [],
      ...(this.pending ? { dueAt: new Date(deadline(this.pending, options)).toISOString() } : {}),
      running: [...this.running],
      outcomes: [...this.outcomes.values()],
      syncs: this.syncs,
    };
  }

  result(integrationId: string): SyncResult {
    return buildResult(integrationId, [...this.outcomes.values()], {
      syncs: this.syncs,
      unknownModels: [...this.unknownModels],
      blocked: this.blocked,
    });
  }
}

export function buildResult(
  integrationId: string,
  outcomes: readonly EndpointOutcome[],
  rest: { syncs: number; unknownModels: string[]; blocked: SyncResult['blocked'] },
): SyncResult {
  const { blocked, ...others } = rest;
  return {
    integrationId,
    status: blocked?.failed ? 'failed' : overallStatus(outcomes),
    counts: outcomes.reduce((sum, outcome) => addCounts(sum, outcome.counts), NO_COUNTS),
    failed: outcomes.filter((outcome) => outcome.status === 'failed').map((outcome) => outcome.endpoint),
    endpoints: Object.fromEntries(outcomes.map(({ endpoint, ...outcome }) => [endpoint, outcome])),
    ...others,
    ...(blocked ? { blocked } : {}),
  };
}
