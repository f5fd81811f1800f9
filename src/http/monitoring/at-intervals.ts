import { within } from '../../within.ts';

export interface IntervalOptions {
  /** What was read is kept for this long. */
  maxAgeMs: number;
  /** What took long to read is kept for so many times as long. */
  rest: number;
  /** No request waits longer than this. */
  timeoutMs: number;
  /** While the next reading takes longer than that, the last one counts if it is not older than this. */
  lateMs: number;
}

/**
 * Reads one after the other, and with pauses, however often it is asked. Undefined while nothing can be read. A question that
 * costs a second of work is not asked at every scrape, and a slow moment does not look like an outage.
 */
export function readAtIntervals<T>(
  read: () => Promise<T>,
  { maxAgeMs, rest, timeoutMs, lateMs }: IntervalOptions,
): () => Promise<T | undefined> {
  let last: { found: T | undefined; from: number; until: number } | undefined;
  let reading: Promise<void> | undefined;

  const readNext = async () => {
    const from = performance.now();
    const found = await read().catch(() => undefined);
    const now = performance.now();
    last = { found, from, until: now + Math.max(maxAgeMs, found ? (now - from) * rest : 0) };
    reading = undefined;
  };

  return async () => {
    if (last && performance.now() < last.until) return last.found;
    reading ??= readNext();
    try {
      await within(timeoutMs, reading);
      return last?.found;
    } catch {
      return last && performance.now() - last.from < lateMs ? last.found : undefined;
    }
  };
}
