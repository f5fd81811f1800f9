const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/** A distance in time for people: "12 s ago", "2 min ago", "in 3 d". */
export function relativeTime(date: Date, now: Date): string {
  const seconds = Math.round((date.getTime() - now.getTime()) / 1_000);
  const size = Math.abs(seconds);
  const [unit, length] = UNITS.find(([, length]) => size >= length) ?? ['s', 1];
  const text = `${Math.floor(size / length)} ${unit}`;
  if (size < 1) return 'now';
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}
