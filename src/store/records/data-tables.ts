import type pg from 'pg';
import { endpointsWith, type EndpointDefinition } from '../../domain/catalogue/index.ts';
import { configure } from '../connection.ts';
import { registerExtra } from '../state/extra-endpoints.ts';

/** The columns of every table of schema `kombo` besides the documented fields, in order, with their meaning. */
export const SYSTEM_COLUMNS = {
  integration_id: ['text not null', 'The integration that the record belongs to.'],
  id: ['text not null', "Kombo's id of the record; unique for one model of one integration."],
  raw: ['jsonb not null', 'The record as received.'],
  changed_at: ['timestamptz', "Kombo's time of the record's own last change; nested changes do not move it."],
  remote_deleted_at: ['timestamptz', 'When Kombo found the record deleted in the tool.'],
  deleted_at: ['timestamptz', "Null while the record lives; else Kombo's deletion or ours, by a sweep."],
  erased_at: [
    'timestamptz',
    'When the fields of the deleted record were erased here; its tombstone does not bring them back.',
  ],
  observed_at: ['timestamptz not null', 'When the stored version was asked for.'],
  asked_seq: [
    'bigint not null',
    'The same moment as a number of kombo_sync.observations, which no clock can disturb.',
  ],
  arrived_seq: ['bigint not null', 'A moment when the stored version had arrived, as such a number.'],
} as const satisfies Record<string, readonly [string, string]>;

export interface TableChange {
  table: string;
  endpoint: EndpointDefinition;
  /** The columns to add; undefined if the whole table is missing. */
  columns?: string[];
}

/** What schema `kombo` lacks compared with the catalogue and EXTRA_ENDPOINTS. Nothing is ever removed. */
export async function missingDataTables(
  client: pg.ClientBase | pg.Pool,
  schema: string,
  extra: readonly string[],
): Promise<TableChange[]> {
  // information_schema would show only what the role may use.
  const { rows } = await client.query<{ table_name: string; column_name: string }>(
    `select c.relname::text as table_name, a.attname::text as column_name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname = $1 and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
    [schema],
  );
  const present = new Map<string, Set<string>>();
  for (const row of rows) {
    present.set(row.table_name, (present.get(row.table_name) ?? new Set()).add(row.column_name));
  }
  return endpointsWith(extra).flatMap((endpoint): TableChange[] => {
    const { table, fields } = endpoint;
    const columns = present.get(table);
    if (!columns) return [{ table, endpoint }];
    const missing = Object.keys(fields).filter((field) => !columns.has(field));
    return missing.length > 0 ? [{ table, endpoint, columns: missing }] : [];
  });
}

/**
 * Brings schema `kombo` up to the catalogue: missing tables are created, missing columns added and filled from `raw`.
 * Adding a nullable column does not rewrite a table, and small transactions fill it, so a table with millions of rows
 * stays usable meanwhile.
 */
export async function ensureDataTables(
  client: pg.ClientBase,
  schema: string,
  extra: readonly string[],
): Promise<string[]> {
  const applied: string[] = [];
  for (const { table, endpoint, columns } of await missingDataTables(client, schema, extra)) {
    if (columns) {
      const added = columns.map((name) => `add column if not exists ${quote(name)} ${endpoint.fields[name]}`);
      await client.query(`alter table kombo.${quote(table)} ${added.join(', ')}`);
      await fillColumns(client, endpoint, columns);
    } else {
      await create(client, endpoint);
    }
    for (const comment of comments(endpoint, columns)) await client.query(comment);
    applied.push(columns ? `${schema}.${table} (${columns.join(', ')})` : `${schema}.${table}`);
  }
  return applied;
}

/** A table of an unknown endpoint exists once it is registered, not before. */
async function create(client: pg.ClientBase, endpoint: EndpointDefinition): Promise<void> {
  // If you have dropped the table, its rows are still counted. Nothing can be written before it is back.
  await client.query('delete from kombo_sync.row_counts where table_name = $1', [endpoint.table]);
  const statements = [createTable(endpoint, await supportsLz4(client)), ...indexes(endpoint)];
  if (endpoint.status !== 'unknown') {
    for (const statement of statements) await client.query(statement);
    return;
  }
  await client.query('begin');
  try {
    for (const statement of statements) await client.query(statement);
    await registerExtra(client, endpoint.path);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Rows of up to 4 kB stay whole. By default, Postgres compresses and splits rows above 2 kB, and most records are
 * larger: that costs a third of the writing speed for a quarter of the space (docs/performance.md). For larger rows,
 * lz4 is several times as fast as Postgres's own compression, if the server has it.
 */
function createTable(endpoint: EndpointDefinition, lz4: boolean): string {
  const typed = (type: string) =>
    lz4 && type.startsWith('jsonb') ? type.replace('jsonb', 'jsonb compression lz4') : type;
  const columns = [
    ...(['integration_id', 'id'] as const).map((name) => `${name} ${SYSTEM_COLUMNS[name][0]}`),
    ...Object.entries(endpoint.fields).map(([name, type]) => `${quote(name)} ${typed(type)}`),
    ...Object.entries(SYSTEM_COLUMNS)
      .slice(2)
      .map(([name, [type]]) => `${name} ${typed(type)}`),
    'primary key (integration_id, id)',
  ];
  return `create table if not exists kombo.${quote(endpoint.table)} (\n  ${columns.join(',\n  ')}\n) with (toast_tuple_target = 4080)`;
}

async function supportsLz4(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ lz4: boolean }>(
    `select 'lz4' = any(enumvals) as lz4 from pg_settings where name = 'default_toast_compression'`,
  );
  return rows[0]?.lz4 ?? false;
}

/** For joins on columns such as `candidate_id` that name another record, and for deleted rows that may be erased. */
function indexes(endpoint: EndpointDefinition): string[] {
  const erasable = `create index if not exists ${quote(`${endpoint.table}_erasable`)} on kombo.${quote(endpoint.table)} (deleted_at)
    where deleted_at is not null and erased_at is null`;
  const joins = Object.keys(endpoint.fields)
    .filter((field) => field.endsWith('_id') && !['remote_id', 'origin_id'].includes(field))
    .map(
      (field) =>
        `create index if not exists ${quote(`${endpoint.table}_${field}`)} on kombo.${quote(endpoint.table)} (${quote(field)}, integration_id)`,
    );
  return [...joins, erasable];
}

/** What a column holds, in the table and in its view. */
export function fieldComment({ path, fields }: EndpointDefinition, name: string): string {
  return `Field ${name} of GET ${path}${fields[name] === 'jsonb' ? ', nested' : ''}.`;
}

/** SQL for the comments of a whole table, or of its new columns. */
function comments(endpoint: EndpointDefinition, columns?: readonly string[]): string[] {
  const table = `kombo.${quote(endpoint.table)}`;
  const ofField = (name: string) =>
    `comment on column ${table}.${quote(name)} is '${fieldComment(endpoint, name)}'`;
  if (columns) return columns.map(ofField);
  return [
    `comment on table ${table} is 'Records of GET ${endpoint.path}. Live rows: deleted_at is null.'`,
    ...Object.entries(SYSTEM_COLUMNS).map(
      ([name, [, meaning]]) => `comment on column ${table}.${name} is '${meaning.replaceAll("'", "''")}'`,
    ),
    ...Object.keys(endpoint.fields).map(ofField),
  ];
}

const FILL_BATCH = 2_000;

/** Fills new columns from `raw`, a batch of rows at a time in key order. A value that does not fit stays null. */
async function fillColumns(
  client: pg.ClientBase,
  endpoint: EndpointDefinition,
  columns: string[],
): Promise<void> {
  await configure(client, { TimeZone: 'UTC' });
  const table = `kombo.${quote(endpoint.table)}`;
  let after = ['', ''];
  for (;;) {
    const { rows } = await client.query<{ integration_id: string; id: string }>(
      `select integration_id, id from ${table} where (integration_id, id) > ($1, $2)
       order by integration_id, id limit ${FILL_BATCH}`,
      after,
    );
    const last = rows.at(-1);
    if (!last) return;
    const fill = (names: string[], from: string[], to: string[]) => {
      const list = names.map((name) => `${quote(name)} ${endpoint.fields[name]}`).join(', ');
      return client.query(
        `update ${table} t set (${names.map(quote).join(', ')}) = (select ${names.map(quote).join(', ')}
           from jsonb_to_record(t.raw) as p(${list}))
         where t.raw ?| $5::text[] and (t.integration_id, t.id) > ($1, $2) and (t.integration_id, t.id) <= ($3, $4)`,
        [...from, ...to, names],
      );
    };
    try {
      await fill(columns, after, [last.integration_id, last.id]);
    } catch (error) {
      if (!isDataError(error)) throw error;
      // A value has another type than documented. Row by row, only that value is lost.
      let before = after;
      for (const row of rows) {
        const own = [row.integration_id, row.id];
        for (const name of columns) await fill([name], before, own).catch(ignoreDataError);
        before = own;
      }
    }
    after = [last.integration_id, last.id];
  }
}

function ignoreDataError(error: unknown): void {
  if (!isDataError(error)) throw error;
}

/** SQLSTATE class 22 (a value that Postgres cannot hold) or 54 (too large or too deep for it). */
export function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(22|54)/.test(code);
}
