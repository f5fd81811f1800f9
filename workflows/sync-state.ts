import type { CancellationScope } from '@temporalio/workflow';
import { addModels, deadline, type DebounceOptions, type Pending } from '../src/domain/debounce.ts';
import {
  addCounts,
  NO_COUNTS,
  overallStatus,
  type CarriedState,
  type EndpointOutcome,
  type PlannedPass,
  type ServedDeliveries,
  type SyncResult,
} from '../src/domain/sync.ts';
import type { SyncState } from './messages.ts';

/** What a sync takes on: everything that was asked for until it began. */
export interface Taken {
  models: string[];
  refresh: boolean;
  everything: boolean;
  force: boolean;
  deletedAt: number | undefined;
  deliveries: ServedDeliveries[];
}

/** What one run of `integrationSync` knows: what waits, what runs, what has been done. */
export class RunState {
  pending: Pending | undefined;
  /** Look the integration up at Kombo before the next sync. */
  refresh: boolean;
  /** Read every endpoint in the next sync. */
  everything: boolean;
  /** Do not wait for quiet. */
  urgent: boolean;
  /** Somebody asked: try what fails although its pause is not over. */
  force: boolean;
  /** What was waiting when the run was cancelled: no longer this run's to read. */
  readonly interrupted: Taken[] = [];
  /** A deletion that a webhook told of (epoch milliseconds). */
  deletedAt: number | undefined;
  deliveries: ServedDeliveries[];
  /** When something that failed is tried again (epoch milliseconds); unset when nothing is. */
  retryAt: number | undefined;
  open: CarriedState['open'];
  /** The passes that run; cancelled when the integration is said to be deleted. */
  passes: CancellationScope | undefined;
  phase: SyncState['phase'] = 'waiting';
  running: readonly PlannedPass[] = [];
  syncs: number;
  blocked: SyncResult['blocked'];
  #cancelled = false;
  /** The workflow task in which the newest signal came. */
  #signalledIn: number | undefined;
  readonly outcomes: Map<string, EndpointOutcome>;
  readonly unknownModels: Set<string>;

  constructor(carried: CarriedState | undefined, everything: boolean, now: number) {
    this.pending = carried?.pending;
    this.refresh = carried?.refresh ?? false;
    this.everything = carried?.everything ?? everything;
    this.urgent = carried?.urgent ?? this.everything;
    this.force = carried?.force ?? this.everything;
    this.deletedAt = carried?.deletedAt;
    this.deliveries = [...(carried?.deliveries ?? [])];
    this.retryAt = carried?.retryAt;
    this.open = carried?.open;
    this.syncs = carried?.syncs ?? 0;
    this.outcomes = new Map(carried?.outcomes.map((outcome) => [outcome.endpoint, outcome]));
    this.unknownModels = new Set(carried?.unknownModels);
    if (this.everything) this.pending ??= addModels(undefined, [], now);
  }

  /** A signal: it only moves the deadline, so that a storm of them costs no command. */
  signal(models: readonly string[], now: number, task: number): void {
    this.pending = addModels(this.pending, models, now);
    this.#signalledIn = task;
  }

  /** Deliveries of these types came with a signal. */
  deliver(deliveries: Readonly<Record<string, unknown>> | undefined, now: number): void {
    for (const [type, times] of Object.entries(deliveries ?? {})) {
      if (typeof times !== 'number') continue;
      const known = this.deliveries.find((entry) => entry.type === type);
      if (known) Object.assign(known, { times: known.times + times, lastAt: now });
      else this.deliveries.push({ type, times, firstAt: now, lastAt: now });
    }
  }

  /** Something is left to do, now or at a time that is known. */
  get unfinished(): boolean {
    return this.open !== undefined || this.pending !== undefined || this.retryAt !== undefined;
  }

  /** Milliseconds until the next sync is due; 0 when it is due now. */
  waitMs(options: DebounceOptions, now: number): number {
    if (!this.pending || this.urgent) return 0;
    return Math.max(0, deadline(this.pending, options) - now);
  }

  /** The time has come to try again what failed: a sync that names nothing reads what is owed. */
  retry(now: number): void {
    this.retryAt = undefined;
    this.pending ??= addModels(undefined, [], now);
  }

  /** Takes what is waiting; whatever is signalled from now on waits for the sync after this one. */
  take(): Taken {
    const { refresh, everything, force, deletedAt, deliveries } = this;
    const models = this.pending?.models ?? [];
    this.pending = undefined;
    this.refresh = false;
    this.everything = false;
    this.urgent = false;
    this.force = false;
    this.deletedAt = undefined;
    this.deliveries = [];
    return { models, refresh, everything, force, deletedAt, deliveries };
  }

  /**
   * The run is cancelled: what waits from now on belongs to the run that follows. In one workflow task signals are handed in
   * before a cancellation, whichever came first; what came with it is therefore both cut off and waiting.
   */
  interrupt(task: number): void {
    if (!this.#cancelled && this.pending) {
      const { pending, refresh, everything, urgent, force, deletedAt, deliveries } = this;
      this.interrupted.push(this.take());
      if (this.#signalledIn === task)
        Object.assign(this, { pending, refresh, everything, urgent, force, deletedAt, deliveries });
    }
    this.#cancelled = true;
    this.retryAt = undefined;
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
      ...(this.deletedAt === undefined ? {} : { deletedAt: this.deletedAt }),
      ...(this.deliveries.length > 0 ? { deliveries: this.deliveries } : {}),
      ...(this.retryAt === undefined ? {} : { retryAt: this.retryAt }),
      refresh: this.refresh,
      everything: this.everything,
      urgent: this.urgent,
      ...(this.force ? { force: true } : {}),
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
      ...(this.retryAt === undefined ? {} : { retryAt: new Date(this.retryAt).toISOString() }),
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
