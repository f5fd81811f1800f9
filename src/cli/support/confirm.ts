import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';
import { failed, wrongUse } from './errors.ts';

/**
 * Asks on the terminal before an act that cannot be undone. Without a terminal, `--yes` is required.
 *
 * @param about returns the text before the question; called only if the question is asked.
 * @param left the text if the answer is no.
 * @throws CliError if the answer is no.
 */
export async function confirm(
  context: Context,
  question: string,
  about: () => Promise<string>,
  left = 'Nothing was erased.',
): Promise<void> {
  if (context.json || !process.stdin.isTTY) {
    throw wrongUse('This cannot be undone. Add --yes if you mean it.');
  }
  context.note(await about());
  if (!(await isYes(context, question))) throw failed(left);
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
