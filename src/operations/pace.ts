/** So many start at once; a handful of integrations needs no pacing. */
const BURST = 10;

/**
 * Spreads the starts of many syncs: each call gives the next one the time (in milliseconds from now) after which it may begin.
 * Temporal keeps to it by `startDelay`, so the pace also holds when the caller has gone.
 */
export function createPace(perMinute: number): () => number {
  const begin = Date.now();
  let given = 0;
  return () => {
    const due = begin + (Math.max(0, ++given - BURST) * 60_000) / perMinute;
    return Math.max(0, Math.round(due - Date.now()));
  };
}
