/** SQL for a column of times as microseconds since 1970: exact, where a Date knows milliseconds only. */
export const microseconds = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** SQL for the time that so many microseconds are. */
export const momentOf = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;
