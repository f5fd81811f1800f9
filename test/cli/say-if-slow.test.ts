import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sayIfSlow } from '../../src/cli/support/say-if-slow.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a command says what it waits for after half a second, and only then', async () => {
  const note = vi.fn<(text: string) => void>();
  expect(await sayIfSlow({ note }, 'Looking …', Promise.resolve(1))).toBe(1);
  const { promise, resolve } = Promise.withResolvers<number>();
  const slow = sayIfSlow({ note }, 'Looking …', promise);
  await vi.advanceTimersByTimeAsync(499);
  expect(note).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(note).toHaveBeenCalledExactlyOnceWith('Looking …');
  resolve(2);
  expect(await slow).toBe(2);
});

test('a failure passes, and nothing is said after it', async () => {
  const note = vi.fn<(text: string) => void>();
  await expect(sayIfSlow({ note }, 'Looking …', Promise.reject(new Error('away')))).rejects.toThrow('away');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(note).not.toHaveBeenCalled();
});
