const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|([+-])(0\d|1[0-5])(?::?([0-5]\d))?)?)?$/;

/** Whether a text is a date or date-time that Postgres reads, with or without an offset. */
export function isTimestamp(text: string): boolean {
  const match = TIMESTAMP.exec(text);
  if (!match) return false;
  const [year, month, day, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (!year || !month || month > 12 || !day || hour > 23 || minute > 59 || second > 59) return false;
  if (day <= 28) return true;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * The time that a date or date-time means. Without an offset it is UTC, as at Kombo and in our tables, wherever the
 * process runs. `new Date(text)` would take most of them for local time.
 *
 * @returns undefined if it is neither.
 */
export function parseTimestamp(text: string): Date | undefined {
  if (!isTimestamp(text)) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', , sign, ...offset] =
    TIMESTAMP.exec(text)!;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  const local = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`);
  const [hours = 0, minutes = 0] = offset.map((part) => Number(part ?? 0));
  const aheadMs = (hours * 60 + minutes) * 60_000;
  return new Date(sign === '-' ? local + aheadMs : local - aheadMs);
}
