import type { Store } from '../../store/database.ts';
import { followChanges, latestPosition, readChanges, oldestPosition, type Change } from '../../store/feed.ts';
import type { Context } from '../support/context.ts';
import { OLDEST } from '../support/options.ts';

interface Options {
  after?: string;
  follow?: boolean;
  integration?: string;
  limit: number;
  table?: string;
}

/** How many changes one read takes while looking for those that match. */
const BATCH = 1_000;

export async function handle(context: Context, options: Options): Promise<void> {
  const store = context.store();
  const filter = { integrationId: options.integration, table: options.table?.replace(/^kombo\./, '') };
  const after = options.after === OLDEST ? await oldestPosition(store) : options.after;
  if (options.follow) await follow(context, store, { ...filter, after });
  else await list(context, store, { ...filter, after: after ?? '0', limit: options.limit });
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
