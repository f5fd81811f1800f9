import { expect, test } from 'vitest';
import {
  formatDuration,
  isoTime,
  parseDuration,
  relativeTime,
  spanOfTime,
  timeTaken,
  utcTime,
} from '../../src/domain/duration.ts';

test('durations', () => {
  expect(['500ms', '5s', '2m', '6h', '7d', '1.5h'].map(parseDuration)).toEqual([
    500, 5_000, 120_000, 21_600_000, 604_800_000, 5_400_000,
  ]);
  expect(['5', 's', '-5s', '5 weeks', ''].map(parseDuration)).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
  expect([500, 5_000, 90_000, 21_600_000].map(formatDuration)).toEqual(['500ms', '5s', '90s', '6h']);
});

test.each([
  [0, 'now'],
  [-0.4, 'now'],
  [-12, '12 s ago'],
  [-120, '2 min ago'],
  [-125, '2 min ago'],
  [-7_200, '2 h ago'],
  [-3 * 3_600, '3 h ago'],
  [-47 * 3_600, '47 h ago'],
  [-5 * 86_400, '5 d ago'],
  [90, 'in 1 min'],
  [3 * 86_400, 'in 3 d'],
  [3 * 86_400 + 5, 'in 3 d'],
])('%d seconds from now is "%s"', (seconds, text) => {
  const now = new Date('2026-03-01T12:00:00Z');
  expect(relativeTime(new Date(now.getTime() + seconds * 1_000), now)).toBe(text);
});

test('a span of time has one unit', () => {
  expect(spanOfTime(0)).toBe('0 s');
  expect(spanOfTime(59_400)).toBe('59 s');
  expect(spanOfTime(59_600)).toBe('1 min');
  expect(spanOfTime(50 * 3_600_000)).toBe('2 d');
});

test('less than ten seconds are shown with tenths', () => {
  expect([40, 9_940, 12_400, 125_000].map(timeTaken)).toEqual(['0.0 s', '9.9 s', '12 s', '2 min']);
});

test('a time is shown in UTC to the second', () => {
  const date = new Date('2026-01-15T12:00:00.789Z');
  expect(utcTime(date)).toBe('2026-01-15 12:00:00 UTC');
  expect(isoTime(date)).toBe('2026-01-15T12:00:00Z');
});
