const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration as `500ms`, `5s`, `2m`, `6h`, `7d`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * UNITS[match[2]!]!);
}

/** A duration in its largest whole unit, as `5s`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = UNITS[unit]!;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

const STEPS: readonly [string, number][] = [
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
  const [unit, length] = STEPS.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}
