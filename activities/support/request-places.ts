/**
 * Lets a bounded number of full reads of an integration ask Kombo at once. More of them than that are open, so that one begins
 * or ends while the others ask: no place is idle meanwhile.
 */
export class RequestPlaces {
  readonly #atOnce: number;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** @param atOnce the setting PASSES_PER_SYNC. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /**
   * Takes a place, in the order of coming. `leave` must be called.
   *
   * @returns whether that took time.
   * @throws the reason of the signal, if it aborts first.
   */
  async enter(integrationId: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const taken = this.#taken.get(integrationId) ?? 0;
    if (taken < this.#atOnce) {
      this.#taken.set(integrationId, taken + 1);
      return false;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(integrationId) ?? [];
    this.#waiting.set(integrationId, waiting);
    waiting.push(resolve);
    const onAbort = () => {
      const place = waiting.indexOf(resolve);
      // One that was called already has the place, and leaves it.
      if (place === -1) return;
      waiting.splice(place, 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
      return true;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  leave(integrationId: string): void {
    const waiting = this.#waiting.get(integrationId);
    const next = waiting?.shift();
    if (waiting?.length === 0) this.#waiting.delete(integrationId);
    if (next) {
      next();
      return;
    }
    const taken = this.#taken.get(integrationId)! - 1;
    if (taken === 0) this.#taken.delete(integrationId);
    else this.#taken.set(integrationId, taken);
  }
}
