/** A page of a list. */
export interface Listed<Entry, Key> {
  entries: Entry[];
  /** Sort key of the last entry: give it as `after` for the next page. Null when this was the last one. */
  next: Key | null;
}

/** How many entries a reader brings unless it is told. */
export const LIMIT = 100;

/** What a reader is asked for: at most so many entries, after a key. */
export interface ListOptions<Key> {
  after?: Key | undefined;
  limit?: number | undefined;
}

/** Makes a page of what a statement found that was asked for one row more than the limit. */
export function toListed<Row, Entry, Key>(
  rows: readonly Row[],
  limit: number,
  toEntry: (row: Row) => Entry,
  keyOf: (row: Row) => Key,
): Listed<Entry, Key> {
  const last = rows[limit - 1];
  return {
    entries: rows.slice(0, limit).map(toEntry),
    next: last !== undefined && rows.length > limit ? keyOf(last) : null,
  };
}
