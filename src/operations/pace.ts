/** This many start at once: a handful of integrations needs no pacing. */
const BURST = 10;

/**
 * Spreads the starts of many syncs: each call returns how long (in milliseconds from now) the next sync waits.
 * Temporal enforces it as `startDelay`, so the pace holds even if the caller is gone.
 */
export function createPace(perMinute: number): () => number {
  const begin = Date.now();
  let given = 0;
  return () => {
    const due = begin + (Math.max(0, ++given - BURST) * 60_000) / perMinute;
    return Math.max(0, Math.round(due - Date.now()));
  };
}
