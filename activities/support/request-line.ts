import type { DebtKind } from '../../src/domain/reads.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { RequestQueue, type Waiting } from '../../src/domain/request-queue.ts';
import { LONGEST_LIMIT_MS, SHORTEST_PAUSE_MS } from '../../src/domain/retry.ts';

export interface BudgetRequest {
  integrationId: string;
  /** The read that it belongs to. */
  kind: DebtKind;
  /** A webhook or you asked for it. */
  urgent: boolean;
  /** How long it waits before it gives its slot to others (milliseconds). */
  patienceMs: number;
  signal: AbortSignal;
}

/** What the budget says to a request. */
export interface Grant {
  /** Milliseconds to wait before asking again; 0 if it may be sent. */
  waitMs: number;
  /** Requests of other integrations need not wait. */
  alone?: boolean | undefined;
  /** Postgres counts it among those under way. */
  isCounted: boolean;
  /** One of the places of KOMBO_CONCURRENCY. */
  place?: string | undefined;
}

interface LineOptions {
  take: (request: BudgetRequest) => Promise<Grant>;
  /** What was granted to a request that does not want it any more. */
  giveBack: (grant: Grant, integrationId: string) => void;
  /** All who wait here are of one integration. */
  ofOne: boolean;
  onEmpty: () => void;
}

interface Waiter extends Waiting {
  request: BudgetRequest;
  /** By the monotonic clock. */
  until: number;
  resolve: (grant: Grant) => void;
  reject: (error: unknown) => void;
}

/** The longest time between two looks at what is left: another worker may have made room. */
const LOOK_EVERY_MS = 1_000;

/** The requests that wait in this process. Only the first one asks Postgres, however many wait. */
export class RequestLine {
  readonly #queue = new RequestQueue<Waiter>();
  readonly #options: LineOptions;
  #wake: (() => void) | undefined;
  #isServing = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /**
   * Waits for the turn of a request. If it has to wait for itself alone, it gets that answer, and may wait in a line of its own.
   *
   * @throws SyncError RateLimited when its turn would come later than it is patient.
   */
  async stand(request: BudgetRequest): Promise<Grant> {
    const { integrationId, urgent, patienceMs, signal } = request;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Grant>();
    const waiter = { integrationId, urgent, request, until: performance.now() + patienceMs, resolve, reject };
    const onAbort = () => {
      this.#queue.remove(waiter);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#queue.add(waiter);
    if (urgent) this.#wake?.();
    if (!this.#isServing) void this.#serve();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #serve(): Promise<void> {
    const { take, giveBack, ofOne, onEmpty } = this.#options;
    this.#isServing = true;
    for (let next = this.#queue.peek(); next; next = this.#queue.peek()) {
      try {
        const grant = await take(next.request);
        if (grant.waitMs > 0 && grant.alone && !ofOne) {
          if (this.#queue.remove(next)) next.resolve(grant);
        } else if (grant.waitMs > 0) {
          this.#dismiss(grant.waitMs);
          await this.#sleep(Math.min(grant.waitMs, LOOK_EVERY_MS));
        } else if (this.#queue.remove(next)) next.resolve(grant);
        else giveBack(grant, next.integrationId);
      } catch (error) {
        this.#queue.remove(next);
        next.reject(error);
      }
    }
    this.#isServing = false;
    onEmpty();
  }

  /** Those whose patience ends before the next request may be sent give their slots to others. */
  #dismiss(waitMs: number): void {
    const now = performance.now();
    for (const [index, waiter] of [...this.#queue].entries()) {
      if (waiter.until >= now + waitMs) continue;
      this.#queue.remove(waiter);
      waiter.reject(usedUp(waitMs * (index + 1)));
    }
  }

  /** Ends early when something urgent comes. */
  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}

function usedUp(ms: number): SyncError {
  const waitMs = Math.min(LONGEST_LIMIT_MS, Math.max(SHORTEST_PAUSE_MS, ms));
  const what = `What all workers may ask of Kombo is used up for ${Math.ceil(waitMs / 1000)} s.`;
  return new SyncError('RateLimited', what, { retryAfterMs: waitMs });
}
