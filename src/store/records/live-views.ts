import type pg from 'pg';
import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import { liveSchema } from '../schemas.ts';
import { fieldComment, quote, SYSTEM_COLUMNS } from './data-tables.ts';
import { findViews, INVOKER, literal } from './views.ts';

/*
 * Schema `kombo_live`: each data table with its live rows only, and without the bookkeeping. A view shows what its
 * reader may read of the table, so the table's policies apply through it.
 */

/** The columns of every view, besides the fields of its endpoint. They also distinguish our views from others. */
export const LIVE_COLUMNS = [
  'integration_id',
  'id',
  'changed_at',
  'raw',
] as const satisfies readonly (keyof typeof SYSTEM_COLUMNS)[];

interface LiveViewChange {
  endpoint: EndpointDefinition;
  /** The columns that the view has now, in order; undefined if there is no view. */
  present?: string[];
  /** Columns to append. */
  columns: string[];
}

type Queryable = pg.ClientBase | pg.Pool;

/** Names of the views that are missing or behind their tables, with what they lack. */
export async function missingLiveViews(
  client: Queryable,
  data: string,
  endpoints: readonly EndpointDefinition[],
): Promise<string[]> {
  return (await findChanges(client, data, endpoints)).map((change) => nameOf(change, data));
}

/**
 * Creates the missing views, and appends new columns. A view is never dropped, because your views may build on it. So a
 * new column comes last.
 */
export async function ensureLiveViews(
  client: pg.ClientBase,
  data: string,
  endpoints: readonly EndpointDefinition[],
): Promise<string[]> {
  const changes = await findChanges(client, data, endpoints);
  if (changes.length === 0) return [];
  const isInvoker = await INVOKER.isKnown(client);
  for (const change of changes) {
    await client.query(createView(change, isInvoker));
    for (const comment of comments(change)) await client.query(comment);
  }
  return changes.map((change) => nameOf(change, data));
}

async function findChanges(
  client: Queryable,
  data: string,
  endpoints: readonly EndpointDefinition[],
): Promise<LiveViewChange[]> {
  const views = await findViews(client, liveSchema(data));
  return endpoints.flatMap((endpoint): LiveViewChange[] => {
    const view = views.get(endpoint.table);
    const all = columnsOf(endpoint);
    if (!view) return [{ endpoint, columns: all }];
    const columns = all.filter((column) => !view.columns.includes(column));
    return columns.length > 0 || !view.isSafe ? [{ endpoint, present: view.columns, columns }] : [];
  });
}

function nameOf({ endpoint, present, columns }: LiveViewChange, data: string): string {
  const name = `${liveSchema(data)}.${endpoint.table}`;
  if (!present) return name;
  return `${name} (${columns.length > 0 ? columns.join(', ') : INVOKER.name})`;
}

function columnsOf({ fields }: EndpointDefinition): string[] {
  const [integration, id, ...last] = LIVE_COLUMNS;
  return [integration, id, ...Object.keys(fields), ...last];
}

function createView({ endpoint, present = [], columns }: LiveViewChange, isInvoker: boolean): string {
  const list = [...present, ...columns].map((column) => `t.${quote(column)}`);
  const table = quote(endpoint.table);
  return `create or replace view kombo_live.${table}${isInvoker ? ` with (${INVOKER.option})` : ''} as
    select ${list.join(', ')} from kombo.${table} t where t.deleted_at is null`;
}

/** SQL for the comments of a whole view, or of its new columns. */
function comments({ endpoint, present, columns }: LiveViewChange): string[] {
  const view = `kombo_live.${quote(endpoint.table)}`;
  const ofColumns = columns.map((column) => {
    const meaning = Object.hasOwn(endpoint.fields, column)
      ? fieldComment(endpoint, column)
      : SYSTEM_COLUMNS[column as keyof typeof SYSTEM_COLUMNS][1];
    return `comment on column ${view}.${quote(column)} is ${literal(meaning)}`;
  });
  if (present) return ofColumns;
  const about = `Live records of GET ${endpoint.path}. Deleted ones are in the table of the same name.`;
  return [`comment on view ${view} is ${literal(about)}`, ...ofColumns];
}
