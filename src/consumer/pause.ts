/** Something to wait for that others may end early. */
export class Alarm {
  #ring = () => {};

  /** Ends the wait that is armed. */
  ring(): void {
    this.#ring();
  }

  /** Arms it now, so that a ring in between counts. Call the result to wait, for `ms` at most. */
  arm(): (ms: number) => Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ring = resolve;
    return async (ms) => {
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    };
  }
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Grows with each failure in a row. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
}
