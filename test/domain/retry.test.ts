import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planRetry, type FailureHistory, type RetryOptions } from '../../src/domain/retry.ts';

const MINUTE = 60_000;
const OPTIONS: RetryOptions = { firstMs: MINUTE, maxMs: 6 * 60 * MINUTE, giveUpMs: 24 * 60 * MINUTE };
const now = new Date('2026-03-01T12:00:00Z');

function pause(failures: number, more: Partial<FailureHistory> = {}): number {
  const history = { failures, failingSince: now, now, final: false, key: 'demo:1 /ats/jobs', ...more };
  return planRetry(history, OPTIONS).dueAt.getTime() - now.getTime();
}

test('(I10) pauses grow threefold up to the longest one, each shortened by a fifth at most', () => {
  for (const [index, minutes] of [1, 3, 9, 27, 81, 243, 360, 360].entries()) {
    expect(pause(index + 1)).toBeGreaterThanOrEqual(minutes * MINUTE * 0.8);
    expect(pause(index + 1)).toBeLessThanOrEqual(minutes * MINUTE);
  }
});

test('what failed together is not tried together, and the same failure always at the same time', () => {
  const pauses = Array.from({ length: 50 }, (_, index) => pause(1, { key: `demo:${index} /ats/jobs` }));
  expect(new Set(pauses).size).toBeGreaterThan(40);
  expect(pause(2)).toBe(pause(2));
});

test('(I10) a person is needed after RETRY_GIVE_UP, or at once where trying again cannot help', () => {
  const since = (ms: number) => new Date(now.getTime() - ms);
  const decide = (failingSince: Date, final = false) =>
    planRetry({ failures: 1, failingSince, now, final, key: 'x' }, OPTIONS);
  expect(decide(since(OPTIONS.giveUpMs - 1)).needsPerson).toBe(false);
  expect(decide(since(OPTIONS.giveUpMs)).needsPerson).toBe(true);
  expect(decide(now, true).needsPerson).toBe(true);
  expect(pause(1, { final: true })).toBeGreaterThanOrEqual(OPTIONS.maxMs * 0.8);
});

test('property: a try is always later than now and never later than the longest pause', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.string(), fc.boolean(), (failures, key, final) => {
      const ms = pause(failures, { key, final });
      expect(ms).toBeGreaterThan(0);
      expect(ms).toBeLessThanOrEqual(OPTIONS.maxMs);
    }),
  );
});
