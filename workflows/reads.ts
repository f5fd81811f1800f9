import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  sleep,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReadResult } from '../activities/sync-endpoint.ts';
import type { ErrorClass } from '../src/domain/errors.ts';
import { SHORTEST_PAUSE_MS } from '../src/domain/retry.ts';
import type { FullSyncOptions } from '../src/domain/full-sync-options.ts';
import type { EndpointOutcome } from '../src/domain/sync.ts';
import { NO_COUNTS } from '../src/domain/counts.ts';
import { readKey, type OpenPass, type Reason } from '../src/domain/reads.ts';
import { lookUpIntegration, readOptions, syncEndpoint } from './proxies.ts';

/** Until the start of a sync has said what PASSES_PER_SYNC is. */
const FULL_READS_AT_ONCE = 4;
/** Open beside those that may ask Kombo (`RequestPlaces`), so that these have all places while one begins and one ends. */
const OPEN_BESIDE = 2;

interface ReadsOf {
  integrationId: string;
  /** The options of a full sync. */
  options?: FullSyncOptions;
}

/** The end of a read. */
export interface EndedRead {
  pass: OpenPass;
  /** Undefined for a look-up that Kombo answered. */
  outcome: EndpointOutcome | undefined;
  /** Whether something is due that the read has not paid. */
  owes: boolean;
  /** Milliseconds until a failed read is tried again. */
  retryInMs: number | null;
}

/**
 * The reads of a run. They do not wait for each other: one that gets no answer, is limited or reads everything does not
 * delay the others (invariant I25). Only the number of full reads is bounded; one that waits gives up its place.
 */
export class Reads {
  readonly #of: ReadsOf;
  readonly #open = new Map<string, OpenPass>();
  readonly #reading = new Set<OpenPass>();
  readonly #onEnd: (ended: EndedRead) => void;
  readonly #onChange: () => void;
  #scope = new CancellationScope();
  /** Full reads and sweeps with a running activity, and those that wait for a place. */
  #fullReads = 0;
  readonly #queue: OpenPass[] = [];
  #stopping = false;
  /** Full reads and sweeps that ask Kombo at once: enough to hide Kombo's latency, few enough that one integration does not fill the workers. */
  atOnce: number;

  constructor(
    of: ReadsOf & { atOnce?: number | undefined },
    on: { end: (ended: EndedRead) => void; change: () => void },
  ) {
    const { atOnce = FULL_READS_AT_ONCE, ...rest } = of;
    this.atOnce = atOnce;
    this.#of = rest;
    this.#onEnd = on.end;
    this.#onChange = on.change;
  }

  /** The open reads: they read, wait, or have no place yet. */
  get open(): OpenPass[] {
    return [...this.#open.values()];
  }

  /** The reads under way, including those that wait for a limit. */
  get reading(): OpenPass[] {
    return this.open.filter((pass) => this.#reading.has(pass) || pass.waitsUntil !== undefined);
  }

  get size(): number {
    return this.#open.size;
  }

  has(key: string): boolean {
    return this.#open.has(key);
  }

  /** Begins a read, unless it is open already. */
  start(pass: OpenPass): void {
    const key = readKey(pass);
    if (this.#open.has(key)) return;
    this.#open.set(key, pass);
    void this.#scope.run(() => this.#read(pass));
  }

  /** Stops reads from calling another activity. Resolves when no activity runs; unfinished reads stay open. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await condition(() => this.#reading.size === 0);
  }

  /** Cuts every read off, and returns them. */
  cut(): OpenPass[] {
    const cut = this.open;
    this.#open.clear();
    const scope = this.#scope;
    this.#scope = new CancellationScope();
    scope.cancel();
    return cut;
  }

  async #read(pass: OpenPass): Promise<void> {
    try {
      for (;;) {
        const result = await this.#call(pass);
        if (!result) return;
        if (result.state === 'waits') {
          pass.waitsUntil = Date.now() + Math.max(SHORTEST_PAUSE_MS, result.waitMs);
          pass.tries = result.tries;
          this.#onChange();
        } else if (result.state !== 'more') {
          this.#end(pass, outcomeOf(pass, result), result);
          return;
        }
      }
    } catch (error) {
      // The code that cut it off records what is owed.
      if (isCancellation(error)) return;
      if (!(error instanceof ActivityFailure)) throw error;
      const failed = { endpoint: pass.endpoint, kind: kindOf(pass), status: 'failed' as const };
      this.#end(pass, { ...failed, counts: NO_COUNTS, reason: explain(error) }, {});
    }
  }

  #end(pass: OpenPass, outcome: EndpointOutcome | undefined, more: Partial<EndedRead>): void {
    this.#open.delete(readKey(pass));
    const { owes = false, retryInMs = null } = more;
    this.#onEnd({ pass, outcome, owes, retryInMs });
    this.#onChange();
  }

  /** One call of the read, once its time has come and a place is free; undefined if the run stops its reads. */
  async #call(pass: OpenPass): Promise<CallResult | undefined> {
    if (pass.waitsUntil !== undefined) {
      const waitMs = Math.max(SHORTEST_PAUSE_MS, pass.waitsUntil - Date.now());
      await sleep(waitMs, { summary: `${pass.endpoint} waits` });
    }
    const isBounded = pass.kind === 'full' || pass.kind === 'sweep';
    if (isBounded) await this.#takePlace(pass);
    try {
      // The next run continues unfinished reads, so another call here would be cut off at once.
      if (this.#stopping || workflowInfo().continueAsNewSuggested) return undefined;
      delete pass.waitsUntil;
      this.#reading.add(pass);
      this.#onChange();
      return await callActivity(this.#of, pass);
    } finally {
      if (isBounded) this.#fullReads -= 1;
      this.#reading.delete(pass);
    }
  }

  /** First come, first served: a long read that calls again queues behind those that wait and does not hold them up. */
  async #takePlace(pass: OpenPass): Promise<void> {
    this.#queue.push(pass);
    try {
      await condition(() => this.#fullReads < this.atOnce + OPEN_BESIDE && this.#queue[0] === pass);
      this.#fullReads += 1;
    } finally {
      this.#queue.splice(this.#queue.indexOf(pass), 1);
    }
  }
}

type CallResult =
  | ReadResult
  | { state: 'waits'; waitMs: number; tries: number }
  | { state: 'answered'; owes: boolean; retryInMs: number | null };

async function callActivity(of: ReadsOf, pass: OpenPass): Promise<CallResult> {
  const { integrationId } = of;
  const { endpoint, kind, because, syncId, trigger, tries = 0 } = pass;
  const options = readOptions(pass, { integrationId, trigger });
  if (kind === 'look-up') {
    const { waitMs, owes, retryInMs } = await lookUpIntegration.executeWithOptions(options, [
      { integrationId, syncId },
    ]);
    if (waitMs !== undefined) return { state: 'waits', waitMs, tries: 0 };
    return { state: 'answered', owes, retryInMs };
  }
  return syncEndpoint.executeWithOptions(options, [
    { ...of.options, integrationId, endpoint, kind, because, syncId, trigger, tries },
  ]);
}

function outcomeOf(
  pass: OpenPass,
  result: Exclude<CallResult, { state: 'more' | 'waits' }>,
): EndpointOutcome | undefined {
  if (result.state === 'answered') return undefined;
  const { counts, state: status } = result;
  const outcome: EndpointOutcome = { endpoint: pass.endpoint, kind: kindOf(pass), status, counts };
  if (result.state !== 'completed') return { ...outcome, reason: result.reason };
  const { sweep, drift } = result;
  return { ...outcome, sweep, drift };
}

/** A sweep counts as the end of its full read. */
function kindOf({ kind }: OpenPass): EndpointOutcome['kind'] {
  return kind === 'delta' ? 'delta' : 'full';
}

/** The code and the message of a failed activity, as the history shows them. */
export function explain(failure: ActivityFailure): Reason {
  const { cause } = failure;
  if (cause instanceof ApplicationFailure) {
    const code = (cause.details?.[0] as { code?: string } | undefined)?.code ?? cause.type ?? 'Internal';
    return { code, message: cause.message };
  }
  const lost: ErrorClass = 'WorkerLost';
  if (cause instanceof TimeoutFailure) return { code: lost, message: 'Gave up: no worker answered in time.' };
  return { code: 'Internal', message: cause?.message ?? failure.message };
}
