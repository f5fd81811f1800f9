import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';
import { failed, wrongUse } from './errors.ts';

/**
 * Asks on the terminal before something that cannot be undone. Without a terminal `--yes` is needed.
 *
 * @param about what is said before the question; worked out only where it is asked.
 * @throws CliError when the answer is no.
 */
export async function confirm(
  context: Context,
  question: string,
  about: () => Promise<string>,
): Promise<void> {
  if (context.json || !process.stdin.isTTY) {
    throw wrongUse('This cannot be undone. Add --yes if you mean it.');
  }
  context.note(await about());
  if (!(await isYes(context, question))) throw failed('Nothing was erased.');
}

async function isYes(context: Context, question: string): Promise<boolean> {
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
