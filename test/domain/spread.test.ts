import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spreadCron, spreadOffset } from '../../src/domain/spread.ts';

const HOUR = 3_600_000;

describe('spread of schedules', () => {
  test('the same integration always gets the same time', () => {
    expect(spreadOffset('personio:a', HOUR)).toBe(spreadOffset('personio:a', HOUR));
    expect(spreadOffset('personio:a', HOUR)).not.toBe(spreadOffset('personio:b', HOUR));
  });

  test('property: a moved weekly run is within the window after its nominal time', () => {
    const week = 7 * 24 * 60;
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 23 }),
        (id, day, hour) => {
          const { cron, jitterMs } = spreadCron(`0 ${hour} * * ${day}`, id, 6 * HOUR);
          const [minute, movedHour, , , weekday] = cron.split(' ').map(Number);
          const moved = weekday! * 1440 + movedHour! * 60 + minute!;
          const late = (moved - (day * 1440 + hour * 60) + week) % week;
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThan(360);
          expect(jitterMs).toBe(0);
        },
      ),
    );
  });

  test('a thousand integrations fill the window evenly', () => {
    const hours = Array.from({ length: 1_000 }, (_, i) =>
      Math.floor(spreadOffset(`tool:${i}`, 6 * HOUR) / HOUR),
    );
    for (let hour = 0; hour < 6; hour += 1) {
      expect(hours.filter((place) => place === hour).length).toBeGreaterThan(100);
    }
  });

  test('an expression that cannot be moved keeps its times and gets a jitter', () => {
    expect(spreadCron('*/10 2 1 * *', 'a', HOUR)).toEqual({ cron: '*/10 2 1 * *', jitterMs: HOUR });
  });
});
