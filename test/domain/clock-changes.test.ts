import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runsLeftOut } from '../../src/domain/clock-changes.ts';

const NOW = new Date('2026-11-26T12:00:00Z');
const DAY = 86_400_000;

describe('runs that Temporal leaves out when the clocks go forward', () => {
  test('are moved as far as the clocks, in each of the next years', () => {
    expect(runsLeftOut('15 2 * * 0', 'Europe/Berlin', NOW)).toEqual([
      '15 3 29 3 * 2026',
      '15 3 28 3 * 2027',
      '15 3 26 3 * 2028',
      '15 3 25 3 * 2029',
      '15 3 31 3 * 2030',
    ]);
    expect(runsLeftOut('20 2 * * *', 'Australia/Lord_Howe', NOW)[1]).toBe('50 2 3 10 * 2027');
    expect(runsLeftOut('30 23 * * *', 'America/Nuuk', NOW)[1]).toBe('30 0 28 3 * 2027');
    expect(runsLeftOut('*/20 0-3 * oct sun', 'Antarctica/Troll', NOW)).toEqual([]);
    expect(runsLeftOut('*/20 0-3 * mar sun', 'Antarctica/Troll', NOW).slice(0, 2)).toEqual([
      '0,20,40 3 29 3 * 2026',
      '0,20,40 4 29 3 * 2026',
    ]);
  });

  test('do not exist if the expression does not name that hour, or the clocks never change', () => {
    expect(runsLeftOut('15 3 * * 0', 'Europe/Berlin', NOW)).toEqual([]);
    expect(runsLeftOut('15 2 * * 6', 'Europe/Berlin', NOW)).toEqual([]);
    expect(runsLeftOut('15 2 1 * *', 'Europe/Berlin', NOW)).toEqual([]);
    expect(runsLeftOut('15 2 * * *', 'UTC', NOW)).toEqual([]);
    expect(runsLeftOut('15 2 * * *', 'Asia/Kolkata', NOW)).toEqual([]);
  });

  test('are all runs of the day if midnight does not exist', () => {
    expect(runsLeftOut('30 0,5 * * 7', 'America/Santiago', NOW).slice(0, 2)).toEqual([
      '30 1 6 9 * 2026',
      '30 5 6 9 * 2026',
    ]);
    expect(runsLeftOut('0 5 * * 6', 'America/Santiago', NOW)).toEqual([]);
  });

  test('are all runs of a day that does not exist', () => {
    const then = new Date('2011-06-01T00:00:00Z');
    expect(runsLeftOut('0 5 30 12 *', 'Pacific/Apia', then)).toEqual(['0 5 31 12 * 2011']);
  });

  test('change only when the year changes', () => {
    const left = (now: string) => runsLeftOut('15 2 * * 0', 'Europe/Berlin', new Date(now));
    expect(left('2026-01-01T00:00:00Z')).toEqual(left('2026-12-31T23:59:59Z'));
    expect(left('2027-01-01T00:00:00Z')).not.toEqual(left('2026-12-31T23:59:59Z'));
  });

  test('property: in every zone with summer time, a daily run comes once on each day, by the cron or as one of these', () => {
    const [winter, summer] = [Date.UTC(2027, 0, 15), Date.UTC(2027, 6, 15)] as const;
    const zones = Intl.supportedValuesOf('timeZone').filter((timezone) => {
      const localAt = localClock(timezone);
      return localAt(winter) - winter !== localAt(summer) - summer;
    });
    expect(zones.length).toBeGreaterThan(100);
    // The night, when clocks change.
    const minutes = fc.integer({ min: -2 * 60, max: 4 * 60 }).map((minute) => (minute + 1_440) % 1_440);
    fc.assert(
      fc.property(fc.constantFrom(...zones), minutes, (timezone, minute) => {
        const [hour, rest] = [Math.floor(minute / 60), minute % 60];
        const localAt = localClock(timezone);
        const left = runsLeftOut(`${rest} ${hour} * * *`, timezone, NOW).map((expression) => {
          const [min, h, day, month, , year] = expression.split(' ').map(Number);
          return Date.UTC(year!, month! - 1, day, h, min);
        });
        for (let day = Date.UTC(2026, 0, 2); day < Date.UTC(2030, 11, 30); day += DAY) {
          const local = day + minute * 60_000;
          // What the clocks show at this time if you count from the day before, without their change.
          const shown = localAt(local - (localAt(local - DAY) - (local - DAY)));
          const here = left.filter((run) => run > local - DAY / 2 && run < local + DAY / 2);
          // The clocks show the time or jump over it. When they go back, they show it twice.
          const expected = shown > local && !exists(localAt, local) ? [shown] : [];
          expect(here.filter((run) => run !== local)).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** What the clocks show at a time, written as if they were UTC. */
function localClock(timezone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (at) => Date.parse(`${format.format(at).replace(' ', 'T')}Z`);
}

/** Whether the clocks ever show a local time, by the offset of the day before or after. */
function exists(localAt: (at: number) => number, local: number): boolean {
  return [-DAY, DAY].some((aside) => {
    const offset = localAt(local + aside) - (local + aside);
    return localAt(local - offset) === local;
  });
}
