import { inspect } from 'node:util';

/** A value that must not be printed: turned into text, it is always `[redacted]`. Only `reveal()` returns it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/** Limits below which a text counts as repetitive. The output of `openssl rand -hex 8` is above them. */
const LEAST = { kinds: 6, jumps: 8, unrepeated: 0.6 };

/** Whether a secret of 16 characters or more has little variety: few characters, runs such as 12345, or repetition. */
export function isGuessable(text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  const jumps = codes.filter((code, index) => Math.abs(code - (codes[index - 1] ?? Infinity)) > 1);
  const period = codes.findIndex(
    (_, shift) => shift > 0 && codes.every((code, index) => index < shift || code === codes[index - shift]),
  );
  const repeats = period !== -1 && period <= codes.length * LEAST.unrepeated;
  return new Set(codes).size < LEAST.kinds || jumps.length < LEAST.jumps || repeats;
}
