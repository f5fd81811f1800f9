const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Milliseconds of a duration such as `500ms`, `5s`, `2m`, `6h`, `7d`; undefined if it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * UNITS.get(match[2]!)!);
}

/** A duration in its largest whole unit, such as `5s`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = UNITS.get(unit)!;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** Up to two days in hours: "36 h" says more than "1 d". */
const STEPS: readonly [unit: string, seconds: number, from: number][] = [
  ['d', 86_400, 172_800],
  ['h', 3_600, 3_600],
  ['min', 60, 60],
];

/** A length of time in its largest fitting unit: "12 s", "2 min". */
export function spanOfTime(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const [unit, length] = STEPS.find(([, , from]) => seconds >= from) ?? ['s', 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}

/** How long something took: "0.4 s", "2 min". */
export function timeTaken(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : spanOfTime(ms);
}

/** A time as seen from now: "12 s ago", "2 min ago", "in 3 d". */
export function relativeTime(date: Date, now: Date): string {
  const ms = date.getTime() - now.getTime();
  if (Math.abs(ms) < 500) return 'now';
  return ms > 0 ? `in ${spanOfTime(ms)}` : `${spanOfTime(-ms)} ago`;
}

/** A time in UTC to the second: "2026-01-15 12:00:00 UTC". */
export const utcTime = (date: Date) => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** The same in ISO format: "2026-01-15T12:00:00Z". */
export const isoTime = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;
