import { expect, test } from 'vitest';
import { readLimits } from '../../src/kombo/limits.ts';

const read = (limit: string, remaining: string, reset: string) =>
  readLimits(
    new Headers({ 'ratelimit-limit': limit, 'ratelimit-remaining': remaining, 'ratelimit-reset': reset }),
  );

test('the headers say how many requests are left, and for how long', () => {
  expect(read('300', '298', '57')).toEqual({ limit: 300, remaining: 298, resetMs: 57_000 });
  expect(read('300', '0', '0.5')).toEqual({ limit: 300, remaining: 0, resetMs: 500 });
});

test('what they cannot mean is bounded', () => {
  expect(read('300', '301', '60')).toMatchObject({ remaining: 300 });
  expect(read('300', '1', '1e9')).toMatchObject({ resetMs: 600_000 });
});

test.each([
  ['', '1', '1'],
  ['0', '0', '1'],
  ['300', '-1', '1'],
  ['300', '1.5', '1'],
  ['300', '1', 'soon'],
  ['300', '1', '-1'],
  ['3e9', '1', '1'],
  ['9'.repeat(30), '1', '1'],
])('limit %j, remaining %j, reset %j say nothing', (limit, remaining, reset) => {
  expect(read(limit, remaining, reset)).toBeNull();
});

test('answers without the headers say nothing', () => {
  expect(readLimits(new Headers())).toBeNull();
});
