import type { Command } from 'commander';

/** Where a command writes: the process's own streams, unless a program was made with others. */
export interface Output {
  writeOut(text: string): void;
  writeErr(text: string): void;
}

export const STANDARD_OUTPUT: Output = {
  writeOut: (text) => void process.stdout.write(text),
  writeErr: (text) => void process.stderr.write(text),
};

/** Commander hands the output of a program on to each of its commands. */
export function outputOf(command: Command): Output {
  return { ...STANDARD_OUTPUT, ...command.configureOutput() };
}
