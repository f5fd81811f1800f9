import { describe, expect, test } from 'vitest';
import { fairnessKey, modelsLabel } from '../../src/domain/names.ts';

const bytes = (text: string) => Buffer.byteLength(text);

describe('the fairness key', () => {
  test.each([
    'personio:CBNMt7dSNCzBdnRTx87dev4E',
    '',
    'x'.repeat(64),
    'x'.repeat(65),
    `x:${'y'.repeat(200)}`,
  ])('of an id in ASCII has its first 64 characters: %s', (id) => {
    expect(fairnessKey(id)).toBe(id.slice(0, 64));
  });

  test.each([
    ['é', 2, 31],
    ['日', 3, 20],
    ['😀', 4, 15],
  ])(
    'of an id with %s, which takes %i bytes, is cut to 64 bytes between two characters',
    (letter, size, kept) => {
      expect(bytes(letter)).toBe(size);
      expect(fairnessKey(`x:${letter.repeat(60)}`)).toBe(`x:${letter.repeat(kept)}`);
      expect(bytes(`x:${letter.repeat(kept + 1)}`)).toBeGreaterThan(64);
    },
  );
});

describe('the label with the models', () => {
  const size = (label: string[]) => bytes(JSON.stringify(label));
  /** Each name takes 32 bytes with its quotes and a comma. */
  const names = (count: number) => Array.from({ length: count }, (_, index) => `${index}`.padStart(29, 'm'));

  test.each([0, 1, 63])('has all of %i names, since they fit', (count) => {
    expect(modelsLabel(names(count))).toEqual(names(count));
  });

  test('uses the last byte', () => {
    const full = [...names(63), 'x'.repeat(28)];
    expect(size(full)).toBe(2_048);
    expect(modelsLabel(full)).toEqual(full);
    expect(modelsLabel([...names(63), 'x'.repeat(29)])).toEqual([...names(63), '…and 1 more']);
  });

  test.each([65, 80, 1_000])('has the first of %i names, and the number of the others', (count) => {
    const label = modelsLabel(names(count));
    expect(label).toEqual([...names(63), `…and ${count - 63} more`]);
    expect(size(label)).toBeLessThanOrEqual(2_048);
  });

  test.each(['é'.repeat(1_100), '"'.repeat(1_100), '\ud800'.repeat(400)])(
    'counts bytes like the server',
    (name) => {
      expect(modelsLabel([name, 'ats_jobs'])).toEqual(['…and 2 more']);
      expect(modelsLabel(['ats_jobs', name])).toEqual(['ats_jobs', '…and 1 more']);
    },
  );
});
