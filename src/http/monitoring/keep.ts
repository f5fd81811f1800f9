/** Asks once for all simultaneous callers, and gives the same answer for `ms` after it came. */
export function keep<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (answer && performance.now() < until) return answer;
    until = Infinity;
    answer = ask().finally(() => (until = performance.now() + ms));
    return answer;
  };
}
