/** Waiting changes: what was named, and when the first and the newest signal came (epoch milliseconds). */
export interface Pending {
  models: string[];
  firstAt: number;
  lastAt: number;
}

export interface DebounceOptions {
  /** A sync starts when nothing has come for this long. */
  quietMs: number;
  /** A sync starts at the latest this long after the first unserved signal. */
  maxWaitMs: number;
}

export const DEFAULT_DEBOUNCE: DebounceOptions = { quietMs: 5_000, maxWaitMs: 60_000 };

/** Adds a signal to what is waiting. The order of signals does not matter, and a repeated one only moves `lastAt`. */
export function addModels(pending: Pending | undefined, models: readonly string[], at: number): Pending {
  return {
    models: [...new Set([...(pending?.models ?? []), ...models])].sort(),
    firstAt: Math.min(pending?.firstAt ?? at, at),
    lastAt: Math.max(pending?.lastAt ?? at, at),
  };
}

/** The moment at which the waiting changes are due (epoch milliseconds). */
export function deadline(pending: Pending, options: DebounceOptions): number {
  return Math.min(pending.lastAt + options.quietMs, pending.firstAt + options.maxWaitMs);
}
