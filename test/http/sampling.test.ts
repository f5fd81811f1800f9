import { expect, test } from 'vitest';
import { createSampler } from '../../src/http/access/sampling.ts';

test('ten lines of a kind are logged per minute, and the next one says how many were left out', () => {
  let now = 0;
  const sample = createSampler(() => now);
  const lines = (kind: string, times: number) =>
    Array.from({ length: times }, () => sample(kind)).filter((line) => line !== undefined);
  expect(lines('unsigned', 25)).toHaveLength(10);
  expect(lines('login', 3)).toEqual([{}, {}, {}]);
  now = 59_999;
  expect(sample('unsigned')).toBeUndefined();
  now = 60_000;
  expect(sample('unsigned')).toEqual({ leftOut: 16 });
  expect(sample('unsigned')).toEqual({});
});
