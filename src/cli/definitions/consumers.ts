import { InvalidArgumentError, type Command } from 'commander';
import { addCommand, addGroup } from '../support/define.ts';
import { parsePosition } from '../support/options.ts';
import { run } from '../support/run.ts';

const RESET_HELP = `
beginning hands over every live row and then the feed, now only what comes from now on, a number what follows that position.
A batch that is being handled is undone.`;

/** What reads the change feed under a name. */
export function registerConsumers(program: Command): void {
  const group = addGroup(
    program,
    'consumers',
    'Look at what reads the change feed under a name; move, retry and remove it',
    ['consumers list', 'consumers reset search-index --to beginning'],
  );
  addCommand(group, 'list', 'List the consumers with their positions, lags and errors', [
    'consumers list',
  ]).action(run(['DATABASE_URL'], () => import('../consumers/list.ts')));
  addCommand(group, 'show <name>', 'Show one consumer, and the changes that it has skipped', [
    'consumers show search-index',
  ]).action(run(['DATABASE_URL'], () => import('../consumers/show.ts')));
  addCommand(group, 'reset <name>', 'Have a consumer continue from another position', [
    'consumers reset search-index --to beginning',
    'consumers reset search-index --to 4711',
  ])
    .addHelpText('after', RESET_HELP)
    .requiredOption('--to <position>', 'beginning, now, or the seq of a change', parseTarget)
    .action(run(['DATABASE_URL'], () => import('../consumers/reset.ts')));
  addCommand(group, 'remove <name>', 'Forget a consumer and the changes that it has skipped', [
    'consumers remove search-index',
  ]).action(run(['DATABASE_URL'], () => import('../consumers/remove.ts')));
  addCommand(group, 'retry <name>', 'Have a consumer take up again the changes that it has skipped', [
    'consumers retry search-index',
  ]).action(run(['DATABASE_URL'], () => import('../consumers/retry.ts')));
}

function parseTarget(text: string): string {
  if (text === 'beginning' || text === 'now') return text;
  if (/^\d+$/.test(text)) return parsePosition(text);
  throw new InvalidArgumentError('Write beginning, now, or the seq of a change.');
}
