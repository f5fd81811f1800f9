import type { Asker } from '../src/domain/decide.ts';
import { SHORTEST_PAUSE_MS } from '../src/domain/retry.ts';
import {
  buildResult,
  joinOutcomes,
  readKey,
  type Blocked,
  type CarriedState,
  type EndpointOutcome,
  type IntegrationSyncInput,
  type OpenPass,
  type SyncResult,
} from '../src/domain/sync.ts';
import {
  deadline,
  joinWanted,
  want,
  type Asked,
  type DebounceOptions,
  type Wanted,
} from '../src/domain/wanted.ts';
import type { Phase, SyncState } from './messages.ts';
import type { EndedRead } from './reads.ts';

/** Names that this version does not know may be many. */
const MAX_UNKNOWN = 100;

/** What one run of `integrationSync` knows beside its reads: what is wanted, what is due, and what has been done. */
export class RunState {
  /** What was asked for and no sync has taken on. */
  wanted: Wanted | undefined;
  /** What the run itself does; undefined while it only waits. */
  doing: 'starting' | 'keeping' | 'ending' | undefined;
  /** Something that is owed is due. */
  due = false;
  /** When something that fails is tried again (epoch milliseconds). */
  retryAt: number | undefined;
  /** Nothing is started before this: Kombo did not say, or a start has failed (epoch milliseconds). */
  notBefore = 0;
  /** Reads to which a sync has left something: it looks again when they end. */
  readonly again = new Set<string>();
  /** Passes that were cut off and are to be ended. */
  cut: string[] = [];
  /** What was wanted when the run was cancelled: no longer this run's to read. */
  readonly interrupted: Wanted[] = [];
  /** Since when the integration was active at the last start (ISO). */
  activeSince: string | undefined;
  syncs: number;
  blocked: Blocked | undefined;
  readonly outcomes: Map<string, EndpointOutcome>;
  readonly unknownModels: Set<string>;
  #startedAt = 0;
  #cancelled = false;
  /** The workflow task in which the newest signal came. */
  #askedIn: number | undefined;

  constructor({ carried, everything = false }: IntegrationSyncInput, now: number) {
    this.wanted = carried?.wanted;
    this.retryAt = carried?.retryAt;
    this.syncs = carried?.syncs ?? 0;
    this.blocked = carried?.blocked;
    this.cut = [...(carried?.cut ?? [])];
    this.outcomes = new Map(carried?.outcomes.map((outcome) => [readKey(outcome), outcome]));
    this.unknownModels = new Set(carried?.unknownModels);
    if (everything && !carried) this.wanted = want(undefined, { everything, urgent: true }, now);
  }

  /** A message: it only adds to what is wanted, so that a storm of them costs no command. */
  ask(asked: Asked, now: number, task: number): void {
    this.wanted = want(this.wanted, asked, now);
    this.#askedIn = task;
  }

  /** When the next sync starts (epoch milliseconds); infinite when nothing asks for one. */
  nextAt(debounce: DebounceOptions): number {
    const wantedAt = this.wanted ? deadline(this.wanted, debounce) : Infinity;
    const dueAt = this.due ? this.#startedAt + SHORTEST_PAUSE_MS : (this.retryAt ?? Infinity);
    return Math.max(this.notBefore, Math.min(wantedAt, dueAt));
  }

  /** A sync takes on what is wanted and what is due. What is asked for from now on waits for the next one. */
  take(now: number): Wanted | undefined {
    const { wanted } = this;
    this.wanted = undefined;
    this.due = false;
    this.retryAt = undefined;
    this.#startedAt = now;
    return wanted;
  }

  /** A sync could not take it on. */
  putBack(wanted: Wanted | undefined): void {
    if (wanted) this.wanted = joinWanted(this.wanted, wanted);
    else this.due = true;
  }

  /** A read has ended. */
  ended({ pass, outcome, owes, retryInMs }: EndedRead, now: number): void {
    if (outcome) this.record([outcome]);
    const leftToIt = this.again.delete(readKey(pass));
    if (owes || leftToIt) this.due = true;
    this.retryIn(retryInMs, now);
  }

  /** Only the earliest of several tries counts: the sync that it starts finds the others. */
  retryIn(ms: number | null, now: number): void {
    if (ms === null) return;
    const at = now + Math.max(SHORTEST_PAUSE_MS, ms);
    this.retryAt = Math.min(this.retryAt ?? at, at);
  }

  record(outcomes: readonly EndpointOutcome[]): void {
    for (const outcome of outcomes) {
      const key = readKey(outcome);
      this.outcomes.set(key, joinOutcomes(this.outcomes.get(key), outcome));
    }
  }

  noteUnknown(models: readonly string[]): void {
    for (const model of models) if (this.unknownModels.size < MAX_UNKNOWN) this.unknownModels.add(model);
  }

  /**
   * The run is cancelled: what is wanted from now on belongs to the run that follows. In one workflow task signals are handed
   * in before a cancellation, whichever came first; what came with it is therefore both cut off and wanted.
   */
  interrupt(task: number): void {
    if (!this.#cancelled && this.wanted) {
      this.interrupted.push(this.wanted);
      if (this.#askedIn !== task) this.wanted = undefined;
    }
    this.#cancelled = true;
  }

  carry(reading: OpenPass[], now: number): CarriedState {
    const retryAt = this.due ? now : this.retryAt;
    return {
      ...(this.wanted ? { wanted: this.wanted } : {}),
      ...(retryAt === undefined ? {} : { retryAt }),
      ...(this.blocked ? { blocked: this.blocked } : {}),
      ...(this.cut.length > 0 ? { cut: this.cut } : {}),
      reading,
      syncs: this.syncs,
      outcomes: [...this.outcomes.values()],
      unknownModels: [...this.unknownModels],
    };
  }

  phase(isReading: boolean): Phase {
    return this.doing ?? (this.wanted ? 'waiting' : isReading ? 'reading' : 'retrying');
  }

  describe(debounce: DebounceOptions, running: OpenPass[]): SyncState {
    return {
      phase: this.phase(running.length > 0),
      pendingModels: this.wanted?.models ?? [],
      ...(this.wanted ? { dueAt: new Date(deadline(this.wanted, debounce)).toISOString() } : {}),
      ...(this.retryAt === undefined ? {} : { retryAt: new Date(this.retryAt).toISOString() }),
      running,
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

/** Who or what asks for what a sync takes on. */
export function askerOf(wanted: Wanted | undefined, isCatchUp: boolean): Asker {
  if (!wanted) return 'timer';
  if (wanted.urgent) return isCatchUp ? 'catch-up' : 'operator';
  return wanted.everything || wanted.models.length > 0 ? 'webhook' : 'timer';
}
