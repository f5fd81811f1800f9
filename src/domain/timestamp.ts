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

/** Where `2026-03-01T09:30:00.000Z` has digits; elsewhere it has these characters. */
const USUAL = '####-##-##T##:##:##.###Z';
const USUAL_FORM = Array.from(USUAL, (character) => (character === '#' ? -1 : character.charCodeAt(0)));
/** Days of each month, which begin with 1. That 29 February exists depends on the year. */
const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether bytes of ASCII are a timestamp in the form that Kombo uses. False tells nothing: another form may be one too. */
export function isUsualTimestamp(bytes: Uint8Array, at: number, length: number): boolean {
  if (length !== USUAL.length) return false;
  for (let index = 0; index < USUAL.length; index += 1) {
    const byte = bytes[at + index]!;
    const form = USUAL_FORM[index]!;
    if (form === -1 ? byte < 0x30 || byte > 0x39 : byte !== form) return false;
  }
  const two = (index: number) => bytes[at + index]! * 10 + bytes[at + index + 1]! - 0x30 * 11;
  const day = two(8);
  return (
    (two(0) > 0 || two(2) > 0) &&
    day >= 1 &&
    day <= (DAYS[two(5)] ?? 0) &&
    two(11) <= 23 &&
    two(14) <= 59 &&
    two(17) <= 59
  );
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
