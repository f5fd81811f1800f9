/** How long a part may take to stop before the next one is stopped all the same. */
const BOUND_MS = 2_500;
/** How long everything may take together. */
const TOTAL_MS = 8_500;

type Stop = () => Promise<void> | void;

/** What has to be stopped, in the order in which it was started. */
export class Stops {
  readonly #stops: { stop: Stop; boundMs: number }[] = [];

  add(stop: Stop, boundMs = BOUND_MS): void {
    this.#stops.push({ stop, boundMs });
  }

  /** Stops everything, the newest first. A part that fails or hangs does not keep the others from being stopped. */
  async run(): Promise<void> {
    const until = performance.now() + TOTAL_MS;
    for (const { stop, boundMs } of this.#stops.splice(0).toReversed()) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.min(boundMs, Math.max(0, until - performance.now())));
      await Promise.race([Promise.resolve().then(stop), late]).catch(() => {});
      clearTimeout(timer);
    }
  }
}
