const WINDOW_MS = 60_000;
const LINES = 10;

/** Fields to add to a log line: how many lines of its kind were left out before it. */
type Sample = { leftOut?: number };
export type Sampler = (kind: string) => Sample | undefined;

/**
 * Decides which lines are logged about events that any caller can cause: ten of each kind per minute, or callers could
 * fill the log. Metrics count all of them. Kinds are a fixed set of our own words.
 */
export function createSampler(now: () => number = () => performance.now()): Sampler {
  const windows = new Map<string, { until: number; written: number; leftOut: number }>();
  return (kind) => {
    const known = windows.get(kind);
    if (known && now() < known.until) {
      if (known.written === LINES) {
        known.leftOut += 1;
        return undefined;
      }
      known.written += 1;
      return {};
    }
    windows.set(kind, { until: now() + WINDOW_MS, written: 1, leftOut: 0 });
    return known && known.leftOut > 0 ? { leftOut: known.leftOut } : {};
  };
}
