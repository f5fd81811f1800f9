import { readFileSync } from 'node:fs';

const LINES = 12;

/** The last lines of a log, and the file that has the rest. */
export function tail(file: string): string {
  let lines: string[] = [];
  try {
    lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LINES);
  } catch {
    // Nothing was written.
  }
  return [...lines, `The whole log is in ${file}.`].join('\n');
}
