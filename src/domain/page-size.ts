/** Kombo's maximum; the default of 100 would cost two and a half times the requests. */
export const MAX_PAGE_SIZE = 250;

/** A page of this size takes little of a worker's memory. Pages of ordinary records are a tenth of it. */
export const PAGE_BYTES = 8 * 1024 * 1024;

/**
 * How many records to ask for, after an answer of `bytes` bytes to a request for `size` records. It shrinks at once but
 * at most doubles, since one large record says little about the next ones.
 */
export function nextPageSize(size: number, bytes: number): number {
  const fitting = Math.max(1, Math.floor((size * PAGE_BYTES) / Math.max(1, bytes)));
  return Math.min(MAX_PAGE_SIZE, size * 2, fitting);
}

/**
 * How many records to ask for if `size` were too many; undefined if there is no smaller page. A quarter, since halving
 * would waste more answers and end just below the limit.
 */
export function smallerPage(size: number): number | undefined {
  return size > 1 ? Math.max(1, Math.floor(size / 4)) : undefined;
}
