import { expect, test } from 'vitest';
import { progressLine } from '../../src/cli/integrations/added-text.ts';

test('adding many says how far it is, and how long it will take by its speed so far', () => {
  const counts = { added: 90, known: 9, failed: 1 };
  expect(progressLine(counts, 400, 60_000)).toBe(
    '100 of 400: 90 added, 9 there already, 1 failed, about 3 min left',
  );
  expect(progressLine(counts, 100, 60_000)).toBe('100 of 100: 90 added, 9 there already, 1 failed');
  expect(progressLine({ added: 1, known: 0, failed: 0 }, 400, 500)).toBe(
    '1 of 400: 1 added, 0 there already, 0 failed',
  );
});
