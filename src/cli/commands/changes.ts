import type { Command } from 'commander';
import type { Change } from '../../store/feed.ts';
import type { Store } from '../../store/database.ts';
import { addCommand } from '../support/define.ts';
import { OLDEST, parseCount, parseId, parsePosition } from '../support/options.ts';
import { run, type Context } from '../support/run.ts';

interface Options {
  after?: string;
  follow?: boolean;
  integration?: string;
  limit: number;
  table?: string;
}

/** How many changes one read takes while looking for those that match. */
const BATCH = 1_000;

export function register(program: Command): void {
  addCommand(program, 'changes', 'Read the change feed: one line for each record that really changed', [
    'changes --follow',
    'changes --after oldest --table ats_applications --limit 20',
    'changes --follow --json   (one JSON document for each change)',
  ])
    .option('--follow', 'go on with what comes, until Ctrl-C')
    .option(
      '--after <seq>',
      'start after this position; "oldest" is the oldest change that is kept (default: 0, the beginning; with --follow: what comes from now on)',
      parsePosition,
    )
    .option('--integration <id>', 'only this integration', parseId)
    .option('--table <name>', 'only this table, as ats_applications')
    .option('--limit <n>', 'changes at most, without --follow', parseCount(100_000), 100)
    .action(
      run(['DATABASE_URL'], async (context, options: Options) => {
        const store = await context.store();
        const filter = { integrationId: options.integration, table: options.table?.replace(/^kombo\./, '') };
        const after = options.after === OLDEST ? await oldest(store) : options.after;
        if (options.follow) await follow(context, store, { ...filter, after });
        else await list(context, store, { ...filter, after: after ?? '0', limit: options.limit });
      }),
    );
}

async function oldest(store: Store): Promise<string> {
  const { oldestPosition } = await import('../../store/feed.ts');
  return oldestPosition(store);
}

interface Filter {
  integrationId: string | undefined;
  table: string | undefined;
}

async function list(
  context: Context,
  store: Store,
  options: Filter & { after: string; limit: number },
): Promise<void> {
  const { readChanges } = await import('../../store/feed.ts');
  const found: Change[] = [];
  let after = options.after;
  for (;;) {
    const { changes, position } = await readChanges(store, { ...options, after, limit: BATCH });
    const room = options.limit - found.length;
    found.push(...changes.slice(0, room));
    if (changes.length > room || found.length === options.limit) {
      after = found.at(-1)!.seq;
      break;
    }
    if (position === after) break;
    after = position;
  }
  context.print({ changes: found, position: after }, () =>
    [...found.map(line), `Position: ${after}`].join('\n'),
  );
}

async function follow(
  context: Context,
  store: Store,
  options: Filter & { after: string | undefined },
): Promise<void> {
  const { followChanges, latestPosition } = await import('../../store/feed.ts');
  const signal = context.stopSignal();
  const after = options.after ?? (await latestPosition(store));
  context.note(`Following the change feed after ${after}; Ctrl-C ends it.`);
  for await (const change of followChanges(store, { ...options, after, signal })) {
    context.print(change, () => line(change));
    if (signal.aborted) break;
  }
}

function line(change: Change): string {
  return `${change.seq}  ${change.at.toISOString()}  ${change.op.padEnd(8)}  ${change.tableName}  ${change.integrationId}  ${change.id}`;
}
