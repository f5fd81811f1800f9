import {
  followChanges,
  latestPosition,
  OLDEST,
  oldestPosition,
  readMatchingChanges,
  type Change,
} from '../../store/feed.ts';
import { cleanCell } from '../../domain/text.ts';
import type { Context } from '../support/context.ts';

interface Options {
  after?: string;
  follow?: boolean;
  integration?: string;
  limit: number;
  table?: string;
}

/** How many changes one statement reads. */
const BATCH = 1_000;

interface Filter {
  integrationId: string | undefined;
  table: string | undefined;
}

export async function handle(
  context: Context,
  { after, follow: follows, limit, ...only }: Options,
): Promise<void> {
  const filter: Filter = { integrationId: only.integration, table: tableOf(context, only.table) };
  if (follows) await follow(context, filter, after);
  else await list(context, { ...filter, after: after ?? '0', limit });
}

/** Accepts the table's name with or without its schema. */
function tableOf({ config }: Context, given: string | undefined): string | undefined {
  const prefix = `${config.DATA_SCHEMA}.`;
  return given?.startsWith(prefix) ? given.slice(prefix.length) : given;
}

async function list(context: Context, options: Filter & { after: string; limit: number }): Promise<void> {
  const changes: Change[] = [];
  let next = options.after;
  let more = true;
  while (more && changes.length < options.limit) {
    const limit = Math.min(BATCH, options.limit - changes.length);
    const page = await readMatchingChanges(context.store(), { ...options, after: next, limit });
    changes.push(...page.changes);
    ({ next, more } = page);
  }
  context.print({ changes, next, more }, () => [...changes.map(line), `Position: ${next}`].join('\n'));
}

async function follow(context: Context, filter: Filter, asked: string | undefined): Promise<void> {
  const store = context.store();
  const signal = context.stopSignal();
  const after = await (asked === OLDEST ? oldestPosition(store) : (asked ?? latestPosition(store)));
  context.note(`Following the change feed after ${after}; Ctrl-C ends it.`);
  for await (const change of followChanges(store, { ...filter, after, signal })) {
    context.print(change, () => line(change));
    if (signal.aborted) break;
  }
}

function line(change: Change): string {
  return `${change.seq}  ${change.at.toISOString()}  ${change.op.padEnd(8)}  ${change.tableName}  ${change.integrationId}  ${cleanCell(change.id)}`;
}
