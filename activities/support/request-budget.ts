import { randomUUID } from 'node:crypto';
import type { DebtKind } from '../../src/domain/reads.ts';
import { REQUEST_TIMEOUT_MS } from '../../src/domain/retry.ts';
import type { Limits } from '../../src/kombo/limits.ts';
import type { Store } from '../../src/store/database.ts';
import {
  freePlace,
  noteLimit,
  takePlace,
  takeRequest,
  type SaidLimit,
} from '../../src/store/state/kombo-budget.ts';
import { RequestLine, type BudgetRequest, type Grant } from './request-line.ts';

/** A request that may be sent. */
export interface Admitted {
  /** It had to wait, so what was noted before it is not the moment at which Kombo is asked. */
  waited: boolean;
  /** Notes that the request has ended, with or without an answer. */
  [Symbol.dispose](): void;
}

/** What all workers may ask of Kombo, together. */
export interface RequestBudget {
  /** @throws SyncError RateLimited when the turn would come later than the request is patient. */
  admit(request: BudgetRequest): Promise<Admitted>;
  /** What an answer said of the limit; with `blockedMs` it was a refusal because of it. */
  note(integrationId: string, limits: Limits | null, blockedMs?: number): void;
}

/** For what asks without a bound. */
export const UNLIMITED: RequestBudget = {
  admit: () => Promise.resolve({ waited: false, [Symbol.dispose]: () => {} }),
  note: () => {},
};

interface BudgetOptions {
  store: Store;
  /** The settings KOMBO_REQUESTS_PER_MINUTE and KOMBO_CONCURRENCY. */
  perMinute?: number | undefined;
  concurrency?: number | undefined;
  /** A request had to wait for so long. */
  onWait?: ((wait: { kind: DebtKind; ms: number }) => void) | undefined;
}

/** While Kombo has more than this share left, workers need not agree. */
const AMPLE = 0.75;
/** A place is held for as long as a request may take, and is free after that even if its worker was killed. */
const PLACE_MS = 2 * REQUEST_TIMEOUT_MS;
const PLACE_EVERY_MS = 50;
/** The line of all integrations. */
const ALL = '';

/**
 * One budget for all workers, kept in Postgres: by Kombo's headers, by KOMBO_REQUESTS_PER_MINUTE, or by both. A share of it
 * is only for what you or a webhook asked for, so a delta does not wait behind a wave of full passes. While Kombo says that
 * most of its limit is left, requests go out without asking Postgres.
 */
export function createRequestBudget(options: BudgetOptions): RequestBudget {
  const { store, perMinute, concurrency } = options;
  const lines = new Map<string, RequestLine>();
  const known = new KnownLimit();
  let perIntegration = false;

  const say = (said: SaidLimit) => {
    noteLimit(store, said).then(
      (by) => (perIntegration = by),
      // What one answer said is lost, and the next one says it again.
      () => {},
    );
  };
  const giveBack = ({ place, isCounted }: Grant, integrationId: string) => {
    // A place that cannot be given back now ends by its time.
    if (place !== undefined) freePlace(store, place).catch(() => {});
    if (isCounted) say({ integrationId, taken: true });
  };
  const take = async ({ integrationId, urgent }: BudgetRequest): Promise<Grant> => {
    let place: string | undefined;
    if (concurrency !== undefined) {
      place = randomUUID();
      const isFree = await takePlace(store, { id: place, urgent, places: concurrency, forMs: PLACE_MS });
      if (!isFree) return { waitMs: PLACE_EVERY_MS, isCounted: false };
    }
    const isCounted = perMinute !== undefined || !known.isAmple();
    if (!isCounted) return { waitMs: 0, isCounted, place };
    const took = await takeRequest(store, { integrationId, urgent, perMinute });
    known.isShared = true;
    perIntegration = took.perIntegration;
    const { waitMs, alone } = took;
    if (waitMs > 0) giveBack({ waitMs: 0, isCounted: false, place }, integrationId);
    return { waitMs, alone, isCounted, place };
  };
  const lineOf = (scope: string): RequestLine => {
    let line = lines.get(scope);
    if (!line) {
      line = new RequestLine({ take, giveBack, ofOne: scope !== ALL, onEmpty: () => lines.delete(scope) });
      lines.set(scope, line);
    }
    return line;
  };
  const stand = async (request: BudgetRequest): Promise<Grant> => {
    const { integrationId, patienceMs } = request;
    const began = performance.now();
    const grant = await lineOf(perIntegration ? integrationId : ALL).stand(request);
    if (grant.waitMs === 0) return grant;
    const left = patienceMs - (performance.now() - began);
    return lineOf(integrationId).stand({ ...request, patienceMs: left });
  };

  return {
    async admit(request) {
      const { integrationId, kind } = request;
      const began = performance.now();
      const waits = perMinute !== undefined || concurrency !== undefined || !known.isAmple();
      const grant = waits ? await stand(request) : undefined;
      known.inFlight += 1;
      if (waits) options.onWait?.({ kind, ms: performance.now() - began });
      return {
        waited: waits,
        [Symbol.dispose]: () => {
          known.inFlight -= 1;
          if (grant) giveBack(grant, integrationId);
        },
      };
    },
    note(integrationId, limits, blockedMs = 0) {
      known.note(limits, blockedMs);
      // With a rate of your own each request asks Postgres, which has to hear that Kombo takes requests again.
      if (blockedMs > 0 || perMinute !== undefined || !known.isAmple())
        say({ integrationId, ...limits, blockedMs, taken: false });
    },
  };
}

/** What this process knows of the limit, by the newest answer. */
class KnownLimit {
  /** Requests of this process that are under way. */
  inFlight = 0;
  #limits: Limits | undefined;
  /** By the monotonic clock. */
  #at = 0;
  #blockedUntil = 0;
  /** What the other workers know was looked at: the first request of a process does that. */
  isShared = false;

  /** Whether most of the limit is left, so that workers need not agree. */
  isAmple(): boolean {
    const now = performance.now();
    if (now < this.#blockedUntil) return false;
    if (!this.#limits) return this.isShared;
    const { limit, remaining, resetMs } = this.#limits;
    // Kombo's window has ended, and nothing is known yet of the new one.
    if (now - this.#at > resetMs) return true;
    return remaining - this.inFlight > limit * AMPLE;
  }

  note(limits: Limits | null, blockedMs: number): void {
    const now = performance.now();
    if (limits) {
      this.#limits = limits;
      this.#at = now;
    }
    if (blockedMs > 0) this.#blockedUntil = Math.max(this.#blockedUntil, now + blockedMs);
    // Kombo takes requests, so what was refused is limited by something else.
    else if (limits && limits.remaining > 0) this.#blockedUntil = 0;
  }
}
