/** Waits for its turn to send a request. */
export interface Waiting {
  integrationId: string;
  /** A webhook or you asked for it: it comes before all that are not. */
  urgent: boolean;
}

/**
 * Who sends the next request: urgent ones first, in the order in which they came; then one of each integration in turn, so
 * that an integration with many reads takes no more than one with few.
 */
export class RequestQueue<T extends Waiting> {
  readonly #urgent = new Set<T>();
  readonly #background = new Map<string, Set<T>>();

  add(waiting: T): void {
    if (waiting.urgent) {
      this.#urgent.add(waiting);
      return;
    }
    const others = this.#background.get(waiting.integrationId);
    if (others) others.add(waiting);
    else this.#background.set(waiting.integrationId, new Set([waiting]));
  }

  /** The next one, which stays in the queue. */
  peek(): T | undefined {
    for (const waiting of this.#urgent) return waiting;
    for (const waiting of this.#background.values()) return waiting.values().next().value;
    return undefined;
  }

  /** Takes one out. Its integration goes to the end of the line. False if it is not here. */
  remove(waiting: T): boolean {
    if (this.#urgent.delete(waiting)) return true;
    const others = this.#background.get(waiting.integrationId);
    if (!others?.delete(waiting)) return false;
    this.#background.delete(waiting.integrationId);
    if (others.size > 0) this.#background.set(waiting.integrationId, others);
    return true;
  }

  *[Symbol.iterator](): Generator<T> {
    yield* this.#urgent;
    for (const waiting of this.#background.values()) yield* waiting;
  }
}
