import { drawObservation } from '../../src/store/state/observations.ts';
import type { ClockedStore } from '../support/clocked-store.ts';

/** The time of a history. It only moves forward, while the clock of our database may jump. */
export class VirtualTime {
  // Later than the server's own clock, which no step reads.
  now = Date.parse('2040-01-01T00:00:00Z');
  readonly #store: ClockedStore;
  readonly #numbers: { at: number; seq: number }[] = [];
  #offsetMs = 0;

  constructor(store: ClockedStore) {
    this.#store = store;
  }

  jump(ms: number): void {
    this.#offsetMs += ms;
  }

  /** What the clock of our database says at a moment; at the present one by default. */
  clock(at: number = this.now): Date {
    return new Date(at + this.#offsetMs);
  }

  /** Statements read the same. */
  setClock(): Promise<void> {
    return this.#store.setClock(this.clock());
  }

  async draw(): Promise<number> {
    const seq = await drawObservation(this.#store);
    this.drawn(seq);
    return seq;
  }

  /** A statement has drawn a number. */
  drawn(seq: number): void {
    this.#numbers.push({ at: this.now, seq });
  }

  /** The newest number that was drawn up to a moment. */
  numberAt(at: number): number {
    return Math.max(...this.#numbers.filter((number) => number.at <= at).map(({ seq }) => seq));
  }

  isDrawn(seq: number): boolean {
    return this.#numbers.some((number) => number.seq === seq);
  }

  /** When a number was drawn. */
  momentOf(seq: number): number {
    return this.#numbers.find((number) => number.seq === seq)!.at;
  }
}
