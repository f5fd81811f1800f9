import { PASS_COUNTS, type PassCounts } from '../../domain/counts.ts';
import { relativeTime, utcTime } from '../../domain/duration.ts';
import { cleanCell } from '../../domain/text.ts';
import { widthOf } from './terminal.ts';

/** Rows under a header, in aligned columns. An empty cell shows as a dash. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const cells = [header, ...rows.map((row) => row.map(cellText))];
  const widths = header.map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, widthOf(row[column]!)), 0),
  );
  const numeric = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const padding = ' '.repeat(widths[column]! - widthOf(cell));
          return numeric[column] ? `${padding}${cell}` : `${cell}${padding}`;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const cellText = (value: string | number | null | undefined) => cleanCell(String(value ?? '')) || '–';

/** Names and values, one pair per line. */
export function pairs(entries: readonly (readonly [string, string | number | null | undefined])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}`).join('\n');
}

/** A time relative to now; null without a time. */
export function relative(date: Date | null | undefined, now = new Date()): string | null {
  return date ? relativeTime(date, now) : null;
}

/** A time with its distance from now: "2026-01-15 12:00:00 UTC (2 min ago)". */
export const fullTime = (date: Date) => `${utcTime(date)} (${relative(date)})`;

/** How to continue a list, if more follows. `next` needs no quotes in any shell. */
export const moreText = (next: string | number | null, how: string) =>
  next === null ? [] : ['', `${how} --after ${next}`];

/** For example `1 page` and `2 pages`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The counts that are nouns. The others are outcomes of records, for example "created". */
const THINGS: Partial<Record<keyof PassCounts, string>> = { pages: 'page', records: 'record' };

/** The counts that are not zero, for example `3 pages, 700 records, 12 created`. */
export function countsText(counts: PassCounts): string {
  const parts = PASS_COUNTS.filter((key) => counts[key] > 0).map((key) =>
    plural(counts[key], THINGS[key] ?? key, key),
  );
  return parts.join(', ') || 'nothing read';
}
