/** Deterministic numbers and ids: the same seed always makes the same data, so none of it is stored. */

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGITS = new Map(Array.from(ALPHABET, (character, index) => [character, index]));
const HEAD_LENGTH = 6;
const TAIL_LENGTH = 18;

const MULTIPLIER = 0x9e3779b1;
const INVERSE = inverseOf(MULTIPLIER);

/** A well-spread 32-bit number from two others. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ (b + 0x7f4a7c15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f);
  return (h ^ (h >>> 15)) >>> 0;
}

/** FNV-1a, 32 bits. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * An id like Kombo's: 24 base58 characters. It depends only on the integration and the ordinal of the record, so two
 * models of one integration share ids, as at Kombo. The head encodes the ordinal, so a million ids need no index.
 */
export function encodeId(key: number, ordinal: number): string {
  let head = (Math.imul(ordinal, MULTIPLIER) ^ key) >>> 0;
  let id = '';
  for (let i = 0; i < HEAD_LENGTH; i++) {
    id += ALPHABET[head % 58];
    head = Math.floor(head / 58);
  }
  let state = mix(key, ordinal);
  for (let i = 0; i < TAIL_LENGTH; i += 3) {
    state = mix(state, i);
    id += ALPHABET[state % 58]! + ALPHABET[(state >>> 8) % 58] + ALPHABET[(state >>> 16) % 58];
  }
  return id;
}

/** The ordinal of an id of this key, or undefined if it is not such an id. */
export function decodeId(key: number, id: string): number | undefined {
  if (id.length !== HEAD_LENGTH + TAIL_LENGTH) return undefined;
  let head = 0;
  for (let i = HEAD_LENGTH - 1; i >= 0; i--) {
    const digit = DIGITS.get(id[i]!);
    if (digit === undefined) return undefined;
    head = head * 58 + digit;
  }
  if (head > 0xffffffff) return undefined;
  const ordinal = Math.imul(head ^ key, INVERSE) >>> 0;
  return encodeId(key, ordinal) === id ? ordinal : undefined;
}

/** A sequence of numbers in [0, 1), always the same for a seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mix(state, seed) / 0x100000000;
  };
}

/** The inverse of an odd number, modulo 2^32. Newton's iteration doubles the correct bits each time. */
function inverseOf(odd: number): number {
  let inverse = odd;
  for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}
