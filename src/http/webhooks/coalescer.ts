import { AsyncLocalStorage } from 'node:async_hooks';
import { gather, noticesOf, type Gathered, type Notice, type SentNotice } from './gathered.ts';

/** bench/webhooks.ts shows that longer windows fold little more and make a burst wait. */
const DEFAULT_WINDOW_MS = 10;
const DEFAULT_MAX_CONCURRENT = 64;
/** Kombo waits five seconds for an answer; this leaves half a second. */
const DEFAULT_DEADLINE_MS = 4_500;
/** Where sends take long, the window is as long as one of them, up to so many times its own length. */
const WIDEST = 10;
/** A send that is begun takes at least as long as the last ones took, but a slow server is tried all the same. */
const LONGEST_EXPECTED_MS = 1_000;
/** Weight of the newest send in what sends take. */
const NEWEST = 0.2;

interface CoalescerOptions {
  /** Stores a notice durably; resolves only after that. */
  send: (notice: SentNotice) => Promise<unknown>;
  /** How long after a send the next one of the same integration gathers deliveries, in milliseconds. */
  windowMs?: number | undefined;
  /** The most sends in flight, over all integrations. */
  maxConcurrent?: number;
  /** The longest that a delivery waits for its send, in milliseconds. */
  deadlineMs?: number;
  /** Called when a send starts, with the number of deliveries that it answers. */
  onSend?: (deliveries: number) => void;
}

/** The delivery was not stored in time. It is not sent, unless its send has begun: that may still succeed, which is harmless. */
export class CoalescerTimeout extends Error {
  override name = 'CoalescerTimeout';
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
  /** When it gives up, by `performance.now()`. */
  until: number;
}

/** Deliveries of one integration that have not been sent yet. */
interface Gathering {
  gathered: Gathered;
  readonly waiters: Set<Waiter>;
  /** Runs what it is given as a part of the first of them, so that their send is in its trace. */
  readonly asFirst: ReturnType<typeof AsyncLocalStorage.snapshot>;
}

/**
 * Lets deliveries of one integration that arrive close together share one send, and answers each of them with the outcome
 * of a send that started after it arrived. The first delivery goes out at once, so that a lone one never waits; what
 * arrives while its send is in flight, or within the window after that, gathers for the next. Nothing is kept beyond that:
 * a failed send rejects every request that waited for it, and Kombo sends its webhook again. What no request waits for any
 * more is not sent: in a flood, a send that answers none of them takes the place of one that does.
 */
export class Coalescer {
  readonly #send: CoalescerOptions['send'];
  readonly #windowMs: number;
  readonly #maxConcurrent: number;
  readonly #deadlineMs: number;
  readonly #onSend: (deliveries: number) => void;
  /** By integration id. */
  readonly #gathering = new Map<string, Gathering>();
  /** Integrations with a send in flight, or with an open window after it. */
  readonly #busy = new Set<string>();
  /** Gatherings that may go out, in the order in which they became ready. */
  readonly #ready = new Set<Gathering>();
  readonly #idle: (() => void)[] = [];
  #inFlight = 0;
  /** What a send takes, by the last ones (milliseconds). */
  #sendMs = 0;

  constructor(options: CoalescerOptions) {
    this.#send = options.send;
    this.#windowMs = options.windowMs ?? DEFAULT_WINDOW_MS;
    this.#maxConcurrent = options.maxConcurrent ?? DEFAULT_MAX_CONCURRENT;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#onSend = options.onSend ?? (() => {});
  }

  /**
   * Resolves when the notice is stored.
   *
   * @throws CoalescerTimeout if this takes longer than `withinMs`.
   * @throws the error of `send`.
   */
  async add(notice: Notice, withinMs = this.#deadlineMs): Promise<void> {
    const gathering = this.#gather(notice);
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { resolve, reject, until: performance.now() + withinMs };
        gathering.waiters.add(waiter);
        timer = setTimeout(() => reject(tooLate(withinMs)), withinMs);
      });
    } finally {
      clearTimeout(timer);
      if (waiter) gathering.waiters.delete(waiter);
      if (gathering.waiters.size === 0) this.#drop(gathering);
    }
  }

  /** Resolves when every send is over, even without a waiting request. Then the connection may be closed. */
  async idle(): Promise<void> {
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #isIdle(): boolean {
    return this.#gathering.size === 0 && this.#inFlight === 0;
  }

  #gather(notice: Notice): Gathering {
    const { integrationId } = notice;
    const known = this.#gathering.get(integrationId);
    const gathering = known ?? {
      gathered: gather(undefined, notice),
      waiters: new Set(),
      asFirst: AsyncLocalStorage.snapshot(),
    };
    if (known) known.gathered = gather(known.gathered, notice);
    else {
      this.#gathering.set(integrationId, gathering);
      // Deliveries read in this turn of the event loop still share the send, at no cost.
      if (!this.#busy.has(integrationId)) setImmediate(() => this.#release(gathering));
    }
    return gathering;
  }

  #release(gathering: Gathering): void {
    // Those who waited for it may have given up.
    if (this.#gathering.get(gathering.gathered.integrationId) !== gathering) return;
    this.#ready.add(gathering);
    this.#startReady();
  }

  /** Forgets what no request waits for, unless its send has begun. */
  #drop(gathering: Gathering): void {
    const { integrationId } = gathering.gathered;
    if (this.#gathering.get(integrationId) !== gathering) return;
    this.#gathering.delete(integrationId);
    this.#ready.delete(gathering);
    this.#tellIdle();
  }

  #startReady(): void {
    for (const gathering of this.#ready) {
      if (this.#inFlight >= this.#maxConcurrent) return;
      this.#ready.delete(gathering);
      this.#gathering.delete(gathering.gathered.integrationId);
      if (this.#isInTime(gathering)) void gathering.asFirst(() => this.#start(gathering));
      else for (const waiter of gathering.waiters) waiter.reject(tooLate());
    }
    this.#tellIdle();
  }

  /** Whether a send that begins now is likely to answer one of them. */
  #isInTime({ waiters }: Gathering): boolean {
    const until = performance.now() + Math.min(this.#sendMs, LONGEST_EXPECTED_MS);
    return [...waiters].some((waiter) => waiter.until >= until);
  }

  /** Never throws: the outcome goes to the waiters. */
  async #start(gathering: Gathering): Promise<void> {
    const { integrationId } = gathering.gathered;
    this.#busy.add(integrationId);
    this.#inFlight += 1;
    const startedAt = performance.now();
    let answered = gathering.waiters.size;
    try {
      for (const notice of noticesOf(gathering.gathered)) {
        this.#onSend(answered);
        answered = 0;
        await this.#send(notice);
      }
      for (const waiter of gathering.waiters) waiter.resolve();
    } catch (error) {
      for (const waiter of gathering.waiters) waiter.reject(error);
    }
    this.#sendMs += NEWEST * (performance.now() - startedAt - this.#sendMs);
    this.#inFlight -= 1;
    const windowMs = Math.min(Math.max(this.#windowMs, this.#sendMs), this.#windowMs * WIDEST);
    if (windowMs > 0) setTimeout(() => this.#free(integrationId), windowMs);
    else this.#free(integrationId);
    this.#startReady();
  }

  #tellIdle(): void {
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #free(integrationId: string): void {
    this.#busy.delete(integrationId);
    const next = this.#gathering.get(integrationId);
    if (next) this.#release(next);
  }
}

const tooLate = (withinMs?: number) =>
  new CoalescerTimeout(
    withinMs === undefined
      ? 'It was not sent, since there was no time left for an answer.'
      : `Nothing was stored within ${Math.round(withinMs)} ms.`,
  );
