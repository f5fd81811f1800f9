import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';
import { wrongUse } from './errors.ts';

/** @throws CliError (wrong use) where there is no terminal to ask on, or the answer is for a program. */
export function requireTerminal({ json }: Pick<Context, 'json'>): void {
  if (json || !process.stdin.isTTY) throw wrongUse('This cannot be undone. Add --yes if you mean it.');
}

/** Asks on the terminal; only y or yes is one. */
export async function confirmed(context: Context, question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} This cannot be undone. [y/N] `, {
      signal: context.stopSignal(),
    });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}
