import { describe, expect, test } from 'vitest';
import { sampleClock } from '../../activities/support/clock.ts';

/** Postgres' clock when the timer of this process is at 0. */
const START = Date.parse('2026-03-01T12:00:00Z');

/** Each request takes these milliseconds there and back. A busy process adds to either. */
function system(trips: readonly (readonly [there: number, back: number])[]) {
  let elapsed = 0;
  let asked = 0;
  const ask = () => {
    const [there, back] = trips[asked++]!;
    const said = new Date(START + Math.floor(elapsed + there));
    elapsed += there + back;
    return Promise.resolve(said);
  };
  return {
    sample: async () => sampleClock(ask, () => elapsed),
    asked: () => asked,
    now: () => START + elapsed,
    pass: (ms: number) => (elapsed += ms),
  };
}

describe("the database's clock", () => {
  test.each([
    ['a quick answer is enough', [[1, 1]], 1, 1],
    [
      'a process that was busy when the answer came asks again',
      [
        [1, 3_000],
        [2, 1],
      ],
      2,
      1,
    ],
    [
      'a process that was busy before the request went out asks again',
      [
        [3_000, 1],
        [2, 1],
      ],
      2,
      1,
    ],
    [
      'the quickest of three counts if none is quick',
      [
        [20, 200],
        [30, 30.5],
        [90, 9],
      ],
      3,
      30.5,
    ],
  ] as const)('%s', async (_what, trips, questions, back) => {
    const it = system(trips);
    const clock = await it.sample();
    expect(it.asked()).toBe(questions);
    expect(it.now() - clock.earliest().getTime()).toBeLessThanOrEqual(back + 2);
  });

  test.each([
    [[[0, 0]]],
    [[[4.9, 0]]],
    [[[0, 4.9]]],
    [
      [
        [700, 0.4],
        [900, 0.2],
        [800.7, 0],
      ],
    ],
    [
      [
        [0.1, 700],
        [0.6, 900],
        [0, 800.3],
      ],
    ],
  ] as const)('a request is never dated too late, and an answer never too early: %j', async (trips) => {
    const it = system(trips);
    const clock = await it.sample();
    for (const ms of [0, 0.3, 1_000, 240_000.9]) {
      it.pass(ms);
      expect(clock.earliest().getTime()).toBeLessThanOrEqual(it.now());
      expect(clock.latest().getTime()).toBeGreaterThanOrEqual(it.now());
    }
  });
});
