import { gather, noticesOf, type Gathered, type Notice, type SentNotice } from './gathered.ts';

/** bench/webhooks.ts shows that longer windows fold little more and make a burst wait. */
const DEFAULT_WINDOW_MS = 10;
const DEFAULT_MAX_CONCURRENT = 64;
/** Kombo waits five seconds for an answer; this leaves half a second. */
const DEFAULT_DEADLINE_MS = 4_500;

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

/** The delivery was not stored in time. The send may still succeed, which is harmless. */
export class CoalescerTimeout extends Error {
  override name = 'CoalescerTimeout';
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Deliveries of one integration that have not been sent yet. */
interface Gathering {
  gathered: Gathered;
  readonly waiters: Set<Waiter>;
  deliveries: number;
}

/**
 * Lets deliveries of one integration that arrive close together share one send. Each is answered with the outcome of a
 * send that started after it arrived. The first delivery goes out at once, so a lone one never waits. Those that arrive
 * during its send, or within the window after it, gather for the next send. Nothing is kept beyond that: a failed send
 * rejects every request that waited for it, and Kombo sends its webhook again.
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
        waiter = { resolve, reject };
        gathering.waiters.add(waiter);
        timer = setTimeout(() => {
          reject(new CoalescerTimeout(`Nothing was stored within ${Math.round(withinMs)} ms.`));
        }, withinMs);
      });
    } finally {
      clearTimeout(timer);
      if (waiter) gathering.waiters.delete(waiter);
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
    const gathering = known ?? { gathered: gather(undefined, notice), waiters: new Set(), deliveries: 0 };
    if (known) known.gathered = gather(known.gathered, notice);
    else {
      this.#gathering.set(integrationId, gathering);
      // Deliveries read in this turn of the event loop still share the send, at no cost.
      if (!this.#busy.has(integrationId)) setImmediate(() => this.#release(gathering));
    }
    gathering.deliveries += 1;
    return gathering;
  }

  #release(gathering: Gathering): void {
    this.#ready.add(gathering);
    this.#startReady();
  }

  #startReady(): void {
    for (const gathering of this.#ready) {
      if (this.#inFlight >= this.#maxConcurrent) return;
      this.#ready.delete(gathering);
      void this.#start(gathering);
    }
  }

  /** Never throws: the waiters get the outcome. A gathering without waiters is sent too; this is harmless. */
  async #start(gathering: Gathering): Promise<void> {
    const { integrationId } = gathering.gathered;
    this.#gathering.delete(integrationId);
    this.#busy.add(integrationId);
    this.#inFlight += 1;
    try {
      for (const notice of noticesOf(gathering.gathered)) {
        this.#onSend(gathering.deliveries);
        gathering.deliveries = 0;
        await this.#send(notice);
      }
      for (const waiter of gathering.waiters) waiter.resolve();
    } catch (error) {
      for (const waiter of gathering.waiters) waiter.reject(error);
    }
    this.#inFlight -= 1;
    if (this.#windowMs > 0) setTimeout(() => this.#free(integrationId), this.#windowMs);
    else this.#free(integrationId);
    this.#startReady();
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #free(integrationId: string): void {
    this.#busy.delete(integrationId);
    const next = this.#gathering.get(integrationId);
    if (next) this.#release(next);
  }
}
