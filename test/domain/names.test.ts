import { describe, expect, test } from 'vitest';
import { fairnessKey } from '../../src/domain/names.ts';

const bytes = (text: string) => Buffer.byteLength(text);

describe('the fairness key', () => {
  test.each([
    'personio:CBNMt7dSNCzBdnRTx87dev4E',
    '',
    'x'.repeat(64),
    'x'.repeat(65),
    `x:${'y'.repeat(200)}`,
  ])('of an id in ASCII is its first 64 characters: %s', (id) => {
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
