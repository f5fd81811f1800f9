import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTimestamp, isUsualTimestamp, parseTimestamp } from '../../src/domain/timestamp.ts';
import { useTimeZone } from '../support/time-zone.ts';

useTimeZone('America/New_York');

describe('timestamps', () => {
  test.each([
    ['2026-02-28', '2026-02-28T00:00:00.000Z'],
    ['2026-01-01T10:00', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01T10:00:00', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01 10:00:00', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01T10:00:00Z', '2026-01-01T10:00:00.000Z'],
    ['2024-02-29T00:00:00.123456Z', '2024-02-29T00:00:00.123Z'],
    ['2026-01-01T00:00:00.5', '2026-01-01T00:00:00.500Z'],
    ['2026-01-01T10:00:00+02:00', '2026-01-01T08:00:00.000Z'],
    ['2026-01-01 10:00:00-0530', '2026-01-01T15:30:00.000Z'],
    ['2026-01-01T10:00+02', '2026-01-01T08:00:00.000Z'],
    ['0099-01-01T10:00:00', '0099-01-01T10:00:00.000Z'],
    // New York does not have this hour on that day.
    ['2026-03-08T02:30:00', '2026-03-08T02:30:00.000Z'],
  ])('%s is %s, wherever the process runs', (text, moment) => {
    expect(isTimestamp(text)).toBe(true);
    expect(parseTimestamp(text)?.toISOString()).toBe(moment);
  });

  test.each([
    '2026-02-29',
    '2026-13-01',
    '2026-01-01T24:00:00Z',
    '0000-01-01',
    '26-01-01',
    '2026-01-01T10:00:00+16:00',
    'yesterday',
    '',
  ])('%s is not a timestamp', (text) => {
    expect(isTimestamp(text)).toBe(false);
    expect(parseTimestamp(text)).toBeUndefined();
  });

  test('property: each written time is read as the same time', () => {
    const moments = fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, fc.constantFrom('', 'Z'), fc.constantFrom('T', ' '), (moment, offset, between) => {
        const text = moment.toISOString().replace('Z', offset).replace('T', between);
        expect(parseTimestamp(text)).toEqual(moment);
      }),
    );
  });

  const isUsual = (text: string) => isUsualTimestamp(Buffer.from(text), 0, text.length);

  test('in the form of Kombo are usual on every day but 29 February', () => {
    for (let day = Date.UTC(2023, 0, 1); day < Date.UTC(2025, 0, 1); day += 86_400_000) {
      const text = new Date(day).toISOString();
      expect([text, isUsual(text)]).toEqual([text, !text.includes('-02-29')]);
    }
  });

  test('property: what is usual is a timestamp', () => {
    const two = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(2, '0'));
    fc.assert(
      fc.property(fc.tuple(two, two, two, two, two, two, two), ([a, b, month, day, hour, minute, second]) => {
        const text = `${a}${b}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
        expect(isUsual(text) && !isTimestamp(text)).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });
});
