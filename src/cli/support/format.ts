import { NO_COUNTS, type PassCounts } from '../../domain/counts.ts';

/** Rows under a header, in aligned columns; what is empty shows as a dash. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const cells = [header, ...rows.map((row) => row.map((cell) => String(cell ?? '') || '–'))];
  const widths = header.map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, row[column]!.length), 0),
  );
  const numeric = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, one pair a line. */
export function pairs(entries: readonly (readonly [string, string | number | null | undefined])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${String(value ?? '') || '–'}`).join('\n');
}

const STEPS: [limitMs: number, unitMs: number, unit: string][] = [
  [60_000, 1_000, 's'],
  [3_600_000, 60_000, 'min'],
  [172_800_000, 3_600_000, 'h'],
  [Number.POSITIVE_INFINITY, 86_400_000, 'd'],
];

/** A length of time in its largest fitting unit, as `2 min`. */
export function span(ms: number): string {
  const [, unitMs, unit] = STEPS.find(([limit]) => ms < limit)!;
  return `${Math.floor(ms / unitMs)} ${unit}`;
}

/** How long something took, as `0.4 s` or `2 min`. */
export function duration(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : span(ms);
}

/** A time as seen from now, as `2 min ago` or `in 3 d`. */
export function relative(date: Date | null | undefined, now = new Date()): string | null {
  if (!date) return null;
  const ms = date.getTime() - now.getTime();
  if (Math.abs(ms) < 1_000) return 'now';
  return ms < 0 ? `${span(-ms)} ago` : `in ${span(ms)}`;
}

/** A time for people, in UTC to the second. */
export function absolute(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** As `1 page` and `2 pages`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The counts that are not zero, as `3 pages, 700 records, 12 created`. */
export function countsText(counts: PassCounts): string {
  const parts = (Object.keys(NO_COUNTS) as (keyof PassCounts)[])
    .filter((key) => counts[key] > 0)
    .map((key) => `${counts[key]} ${counts[key] === 1 ? key.replace(/s$/, '') : key}`);
  return parts.join(', ') || 'nothing read';
}
