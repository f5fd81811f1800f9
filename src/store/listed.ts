/** A page of a list. */
export interface Listed<Entry, Key> {
  entries: Entry[];
  /** Sort key of the last entry: pass it as `after` for the next page. Null on the last page. */
  next: Key | null;
}

/** How many entries a page has by default. */
export const LIMIT = 100;

/** At most `limit` entries, after a key. */
export interface ListOptions<Key> {
  after?: Key | undefined;
  limit?: number | undefined;
}

/** Makes a page from rows that were selected with the limit plus one. */
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
