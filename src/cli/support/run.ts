import type { Command } from 'commander';
import type { Required } from '../../config.ts';
import type { Handler } from './context.ts';
import { outputOf } from './output.ts';

/**
 * Turns the handler of a module into an action of commander. The module and its imports are loaded only when the
 * command runs, so that `--help` stays fast.
 *
 * @param required the settings that must be set.
 */
export function run<A extends unknown[]>(
  required: readonly Required[],
  load: () => Promise<{ handle: Handler<A> }>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    // Commander passes the arguments, then the options, then the command.
    const given = args.slice(0, -1) as A;
    const [{ runHandler }, { handle }] = await Promise.all([import('./context.ts'), load()]);
    await runHandler(required, handle, given, outputOf(args.at(-1) as Command));
  };
}
