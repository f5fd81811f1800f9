import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ERROR_CLASSES } from '../../src/domain/errors.ts';
import {
  NOT_OFFERED_MS,
  planRetry,
  SHORTEST_PAUSE_MS,
  type FailureHistory,
  type RetryOptions,
} from '../../src/domain/retry.ts';

const MINUTE = 60_000;
const OPTIONS: RetryOptions = { firstMs: MINUTE, maxMs: 6 * 60 * MINUTE, giveUpMs: 24 * 60 * MINUTE };

const plan = (failingMs: number, more: Partial<FailureHistory> = {}) =>
  planRetry({ errorClass: 'Unavailable', failingMs, key: 'demo:1 delta /ats/jobs', ...more }, OPTIONS);

test('(I27) a pause is a tenth of the outage, at least RETRY_INTERVAL and at most RETRY_MAX_INTERVAL', () => {
  const expected: [failing: number, pause: number][] = [
    [0, 1],
    [5, 1],
    [10, 1],
    [60, 6],
    [600, 60],
    [6_000, 360],
  ];
  for (const [failing, pause] of expected) {
    const { pauseMs } = plan(failing * MINUTE);
    expect(pauseMs).toBeGreaterThanOrEqual(pause * MINUTE * 0.8);
    expect(pauseMs).toBeLessThanOrEqual(pause * MINUTE);
  }
});

test('(I27) after an outage of up to ten minutes, a try comes within a minute', () => {
  for (let minutes = 0; minutes <= 10; minutes += 1) {
    expect(plan(minutes * MINUTE).pauseMs).toBeLessThanOrEqual(MINUTE);
  }
});

test('integrations that failed together are tried at different times, the same one always at the same time', () => {
  const pauses = Array.from({ length: 50 }, (_, index) => plan(0, { key: `demo:${index}` }).pauseMs);
  expect(new Set(pauses).size).toBeGreaterThan(40);
  expect(plan(7)).toEqual(plan(7));
});

test('(I10) after RETRY_GIVE_UP a read needs you and no timer tries it; if a try cannot help, it needs you at once', () => {
  expect(plan(OPTIONS.giveUpMs - 1)).toMatchObject({ needsAttention: false, givenUp: false });
  expect(plan(OPTIONS.giveUpMs)).toMatchObject({ needsAttention: true, givenUp: true });
  expect(plan(0, { errorClass: 'RequestRejected' })).toMatchObject({ needsAttention: true, givenUp: false });
  expect(plan(0, { errorClass: 'Internal' })).toMatchObject({ needsAttention: true, givenUp: false });
});

test('an endpoint that the tool does not offer waits a day and does not need you', () => {
  expect(plan(0, { errorClass: 'EndpointDisabled' })).toEqual({
    pauseMs: NOT_OFFERED_MS,
    needsAttention: false,
    givenUp: true,
  });
});

test('a refused key is tried at least once an hour, since everything is behind when it is right again', () => {
  const { pauseMs } = plan(20 * 60 * MINUTE, { errorClass: 'AccessDenied' });
  expect(pauseMs).toBeLessThanOrEqual(60 * MINUTE);
});

test('(I26) property: no failure of any length is tried more than once a second', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ERROR_CLASSES),
      fc.double({ min: -1e9, max: 1e12, noNaN: true }),
      fc.string(),
      fc.integer({ min: 0, max: 1_000 }),
      (errorClass, failingMs, key, firstMs) => {
        const { pauseMs } = planRetry({ errorClass, failingMs, key }, { ...OPTIONS, firstMs });
        expect(pauseMs).toBeGreaterThanOrEqual(SHORTEST_PAUSE_MS);
        expect(pauseMs).toBeLessThanOrEqual(Math.max(OPTIONS.maxMs, NOT_OFFERED_MS));
      },
    ),
  );
});
