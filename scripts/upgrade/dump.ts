import pg from 'pg';
import { migrate } from '../../src/store/migrate.ts';
import type { Store } from '../../src/store/database.ts';

/** A database of a released version: what made its schema, statement by statement, and what was in its tables. */
export interface Dump {
  statements: { text: string; values: unknown[] }[];
  rows: Record<string, unknown[]>;
  sequences: Record<string, string>;
}

const OURS = `('kombo', 'kombo_sync', 'kombo_live')`;
const READS =
  /^\s*(select|show|set|reset|begin|commit|rollback|savepoint|release|listen|start transaction)\b/i;
const ROWS_AT_ONCE = 500;

interface Statement {
  text: string;
  values?: unknown[];
}

/** Migrates an empty database, and returns the statements that this took. No tool of Postgres has to be there. */
export async function recordMigration(store: Store): Promise<Dump['statements']> {
  const { prototype } = pg.Client as unknown as { prototype: { query: (...args: unknown[]) => unknown } };
  const { query } = prototype;
  const statements: Dump['statements'] = [];
  prototype.query = function record(this: unknown, ...args: unknown[]) {
    const { text, values } = statementOf(args);
    if (!READS.test(text)) statements.push({ text, values: values ?? [] });
    return query.apply(this, args);
  };
  try {
    await migrate(store);
  } finally {
    prototype.query = query;
  }
  return statements;
}

function statementOf([first, second]: unknown[]): Statement {
  const values = Array.isArray(second) ? { values: second as unknown[] } : {};
  return typeof first === 'string' ? { text: first, ...values } : { ...(first as Statement), ...values };
}

/** What the tables hold, in a form that JSON keeps whole. */
export async function readData({ pool }: Store): Promise<Pick<Dump, 'rows' | 'sequences'>> {
  const tables = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ${OURS} order by 1`,
  );
  const rows: Dump['rows'] = {};
  for (const { name } of tables.rows) {
    const found = await pool.query<{ row: unknown }>(`select to_jsonb(t) as row from ${name} t`);
    if (found.rows.length > 0) rows[name] = found.rows.map(({ row }) => row);
  }
  const counters = await pool.query<{ name: string; value: string }>(
    `select format('%I.%I', schemaname, sequencename) as name, last_value::text as value
     from pg_sequences where schemaname in ${OURS} and last_value is not null order by 1`,
  );
  const sequences = Object.fromEntries(counters.rows.map(({ name, value }) => [name, value]));
  return { rows, sequences };
}

/** Makes an empty database what it was. Triggers stay silent: what they made is among the rows. */
export async function restore(
  store: Store & { url: string },
  { statements, rows, sequences }: Dump,
): Promise<void> {
  const client = new pg.Client(store.url);
  await client.connect();
  try {
    for (const { text, values } of statements) await client.query(text, values);
    await client.query(`set session_replication_role = replica`);
    for (const [table, records] of Object.entries(rows)) {
      // What the migration itself has written is among them.
      await client.query(`delete from ${table}`);
      const columns = await columnsOf(client, table);
      for (let from = 0; from < records.length; from += ROWS_AT_ONCE) {
        await client.query(
          `insert into ${table} (${columns}) overriding system value
           select ${columns} from jsonb_populate_recordset(null::${table}, $1)`,
          [JSON.stringify(records.slice(from, from + ROWS_AT_ONCE))],
        );
      }
    }
    for (const [name, value] of Object.entries(sequences)) {
      await client.query('select setval($1::regclass, $2::bigint)', [name, value]);
    }
  } finally {
    await client.end();
  }
}

/** All but those that Postgres works out itself. */
async function columnsOf(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as columns from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  return rows[0]!.columns;
}

/** What a database looks like: columns, indexes, constraints, functions and views, as Postgres writes them. */
export async function describeSchema({ pool }: Store): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `select format('%s.%s %s %s %s', table_schema, table_name, column_name, data_type, is_nullable) as line
       from information_schema.columns where table_schema in ${OURS}
     union all select indexdef from pg_indexes where schemaname in ${OURS}
     union all select format('%s %s', c.conrelid::regclass, pg_get_constraintdef(c.oid)) from pg_constraint c
       join pg_namespace n on n.oid = c.connamespace where n.nspname in ${OURS}
     union all select pg_get_functiondef(p.oid) from pg_proc p
       join pg_namespace n on n.oid = p.pronamespace where n.nspname in ${OURS} and p.prokind = 'f'
     union all select format('%s.%s %s', schemaname, viewname, definition) from pg_views where schemaname in ${OURS}
     order by 1`,
  );
  return rows.map(({ line }) => line);
}
