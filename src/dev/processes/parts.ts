/** How long a part may take to stop before the next one is stopped too. */
const STOP_MS = 2_500;
/** How long all parts together may take to stop. */
const TOTAL_MS = 8_500;

/** A part of `dev`, for example a server. */
export interface Part<T> {
  name: string;
  start: () => T | Promise<T>;
  stop: (running: T) => Promise<unknown> | void;
  stopMs?: number;
  /** Settles if it ends by itself. */
  ended?: (running: T) => Promise<unknown>;
}

/** The running parts, in the order of their start. */
export class Parts {
  readonly #stops: { stop: () => Promise<unknown> | void; stopMs: number }[] = [];
  readonly #ends: Promise<never>[] = [];

  async start<T>({ name, start, stop, stopMs = STOP_MS, ended }: Part<T>): Promise<T> {
    const running = await start();
    this.#stops.push({ stop: () => stop(running), stopMs });
    if (ended) {
      const end = endOf(name, ended(running));
      // `untilOneEnds` may not wait for it yet.
      end.catch(() => {});
      this.#ends.push(end);
    }
    return running;
  }

  /** @throws Error if a part ends by itself. */
  async untilOneEnds(): Promise<never> {
    return Promise.race(this.#ends);
  }

  /** Stops all parts, the newest first. A part that fails or hangs does not prevent the others from stopping. */
  async stop(): Promise<void> {
    const until = performance.now() + TOTAL_MS;
    for (const { stop, stopMs } of this.#stops.splice(0).toReversed()) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.min(stopMs, Math.max(0, until - performance.now())));
      await Promise.race([Promise.resolve().then(stop), late]).catch(() => {});
      clearTimeout(timer);
    }
  }
}

async function endOf(name: string, ended: Promise<unknown>): Promise<never> {
  await ended;
  throw new Error(`${name} has ended by itself, so everything stops. Start again; its log is in DATA_DIR.`);
}
