import { cleanLines } from '../domain/text.ts';

/** Where `dev` prints. */
export interface Output {
  /** Whether printed lines can be replaced. */
  readonly updates: boolean;
  say(line: string): void;
  /** Prints these lines in place of the last block. Only if `updates`. */
  block(lines: readonly string[]): void;
}

const UP = (lines: number) => `\u001B[${lines}A`;
const CLEAR_REST = '\u001B[K';

export function createOutput(stream: NodeJS.WriteStream): Output {
  let height = 0;
  return {
    updates: stream.isTTY,
    say(line) {
      height = 0;
      stream.write(`${cleanLines(line)}\n`);
    },
    block(lines) {
      const text = lines.map((line) => `${cleanLines(line)}${CLEAR_REST}\n`).join('');
      stream.write(height > 0 ? `${UP(height)}${text}` : text);
      height = lines.length;
    },
  };
}
