import type { Asker } from '../src/domain/decide.ts';
import { SHORTEST_PAUSE_MS } from '../src/domain/retry.ts';
import {
  buildResult,
  joinOutcomes,
  type Blocked,
  type CarriedState,
  type EndpointOutcome,
  type IntegrationSyncInput,
  type SyncResult,
  type Trigger,
} from '../src/domain/sync.ts';
import { readKey, type OpenPass } from '../src/domain/reads.ts';
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

/** Limits the unknown names, which may be many. */
const MAX_UNKNOWN = 100;

/** What one run of `integrationSync` knows besides its reads: what is wanted, due and done. */
export class RunState {
  /** What was asked for and no sync has taken yet. */
  wanted: Wanted | undefined;
  /** What the run itself does; undefined while it only waits. */
  doing: 'starting' | 'keeping' | 'ending' | undefined;
  /** When the next debt is due, or a failed read is tried again (epoch milliseconds). */
  retryAt: number | undefined;
  /** Nothing starts before this, because Kombo did not answer or a start failed (epoch milliseconds). */
  notBefore = 0;
  /** Reads to which a sync has left something. The run looks again when they end. */
  readonly again = new Set<string>();
  /** Passes that were cut off and must be ended. */
  cut: string[] = [];
  /** What was wanted when the run was cancelled. This run no longer reads it. */
  readonly interrupted: Wanted[] = [];
  /** Since when the integration was active at the last start (ISO). */
  activeSince: string | undefined;
  syncs: number;
  blocked: Blocked | undefined;
  readonly outcomes: Map<string, EndpointOutcome>;
  readonly unknownModels: Set<string>;
  readonly #debounce: DebounceOptions;
  /** When a webhook asked last (epoch milliseconds). */
  #askedAt: number;
  #startedAt = 0;
  #cancelled = false;
  /** The workflow task in which the newest signal came. */
  #askedIn: number | undefined;

  constructor({ carried, everything = false }: IntegrationSyncInput, debounce: DebounceOptions, now: number) {
    this.#debounce = debounce;
    this.#askedAt = carried?.askedAt ?? -Infinity;
    this.wanted = carried?.wanted;
    this.retryAt = carried?.retryAt;
    this.syncs = carried?.syncs ?? 0;
    this.blocked = carried?.blocked;
    this.cut = [...(carried?.cut ?? [])];
    this.outcomes = new Map(carried?.outcomes.map((outcome) => [readKey(outcome), outcome]));
    this.unknownModels = new Set(carried?.unknownModels);
    if (everything && !carried) this.wanted = want(undefined, { everything, urgent: true }, now);
  }

  /** Handles a message: it only adds to what is wanted, so that many messages cost no command. */
  ask(asked: Asked, now: number, task: number): void {
    const leads = this.#debounce.leading === true && isNews(asked) && now >= this.quietAt;
    this.wanted = want(this.wanted, leads ? { ...asked, leads } : asked, now);
    this.#askedIn = task;
    if (isNews(asked)) this.#askedAt = now;
  }

  /** When it has been quiet for long enough that a webhook leads (epoch milliseconds). */
  get quietAt(): number {
    return this.#askedAt + this.#debounce.quietMs;
  }

  /** Until when the run stays though it has nothing to do: what follows a webhook that led finds it, and is debounced. */
  get staysUntil(): number {
    return this.#debounce.leading ? this.quietAt : -Infinity;
  }

  /** When the next sync starts (epoch milliseconds); infinite when nothing asks for one. */
  nextAt(): number {
    const wantedAt = this.wanted ? deadline(this.wanted, this.#debounce) : Infinity;
    const retryAt = Math.max(this.retryAt ?? Infinity, this.#startedAt + SHORTEST_PAUSE_MS);
    return Math.max(this.notBefore, Math.min(wantedAt, retryAt));
  }

  /** A sync takes what is wanted and due. Later requests wait for the next one. */
  take(now: number): Wanted | undefined {
    const { wanted } = this;
    this.wanted = undefined;
    this.retryAt = undefined;
    this.#startedAt = now;
    return wanted;
  }

  /** A sync could not begin, so it puts back what it took. */
  putBack(wanted: Wanted | undefined, now: number): void {
    if (wanted) this.wanted = joinWanted(this.wanted, wanted);
    else this.fallDue(now);
  }

  /** A debt is due. */
  fallDue(now: number): void {
    this.retryAt = Math.min(this.retryAt ?? now, now);
  }

  /** A read has ended. */
  ended({ pass, outcome, owes, retryInMs }: EndedRead, now: number): void {
    if (outcome) this.record([outcome]);
    const leftToIt = this.again.delete(readKey(pass));
    if (owes || leftToIt) this.fallDue(now);
    this.retryIn(retryInMs, now);
  }

  /** Only the earliest of several tries counts: the sync that it starts finds the others too. */
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
   * The run is cancelled: later requests belong to the run that follows. In one workflow task, Temporal delivers
   * signals before a cancellation, whichever came first. So requests of the same task count as both cut off and wanted.
   *
   * @param taken what a sync has taken and not begun.
   */
  interrupt(task: number, taken?: Wanted): void {
    if (!this.#cancelled && this.wanted) {
      this.interrupted.push(this.wanted);
      if (this.#askedIn !== task) this.wanted = undefined;
    }
    if (taken) this.interrupted.push(taken);
    this.#cancelled = true;
  }

  carry(reading: OpenPass[]): CarriedState {
    return {
      wanted: this.wanted,
      retryAt: this.retryAt,
      ...(this.#debounce.leading && this.#askedAt > 0 ? { askedAt: this.#askedAt } : {}),
      blocked: this.blocked,
      cut: this.cut,
      reading,
      syncs: this.syncs,
      outcomes: [...this.outcomes.values()],
      unknownModels: [...this.unknownModels],
    };
  }

  phase(isReading: boolean): Phase {
    if (this.doing) return this.doing;
    if (this.wanted) return 'waiting';
    if (isReading) return 'reading';
    return this.retryAt === undefined ? 'waiting' : 'retrying';
  }

  describe(running: OpenPass[]): SyncState {
    return {
      phase: this.phase(running.length > 0),
      pendingModels: this.wanted?.models ?? [],
      dueAt: this.wanted && new Date(deadline(this.wanted, this.#debounce)).toISOString(),
      retryAt: this.retryAt === undefined ? undefined : new Date(this.retryAt).toISOString(),
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

/** Whether a message brings news: one that only wakes a run, or is yours, says nothing of how busy Kombo is. */
function isNews({ models = [], everything, lookUp, urgent }: Asked): boolean {
  return !urgent && (models.length > 0 || everything === true || lookUp === true);
}

/** Who or what asks for what a sync takes on. */
export function askerOf(wanted: Wanted | undefined, isCatchUp: boolean): Asker {
  if (!wanted) return 'timer';
  if (wanted.urgent && !isCatchUp) return 'operator';
  if (wanted.models.length > 0) return 'webhook';
  if (wanted.everything) return isCatchUp ? 'catch-up' : 'webhook';
  return 'timer';
}

/** What started a sync. A run that the catch-up began also serves webhooks and you. */
export function triggerOf(asker: Asker, ofRun: Trigger): Trigger {
  if (asker === 'webhook') return 'webhook';
  return asker === 'operator' ? 'manual' : ofRun;
}
