const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/** A distance in time for people: "12 s ago", "2 min ago", "in 3 d". */
export function relativeTime(date: Date, now: Date): string {
  const ms = date.getTime() - now.getTime();
  if (Math.abs(ms) < 500) return 'now';
  return ms > 0 ? `in ${spanOfTime(ms)}` : `${spanOfTime(-ms)} ago`;
}

/** A length of time by its greatest unit: "12 s", "2 min". */
export function spanOfTime(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const [unit, length] = UNITS.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}
