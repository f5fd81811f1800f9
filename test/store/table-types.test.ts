import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { ROOT } from '../docs/markdown.ts';

const store = await createTestStore();

/** Types of `pg` for those of Postgres. */
const TYPES = new Map([
  ['text', 'string'],
  ['timestamp with time zone', 'Date'],
  ['numeric', 'string'],
  ['bigint', 'string'],
  ['boolean', 'boolean'],
  ['jsonb', 'Json'],
]);

interface Column {
  name: string;
  type: string;
  required: boolean;
}

/** Fields of the interface that a file exports, with their types as written; an enum counts as text. */
function declared(table: string): Map<string, string> {
  const text = readFileSync(path.join(ROOT, 'src/tables', `${table.replaceAll('_', '-')}.ts`), 'utf8');
  const [, body] = /export interface \w+ \{\n([^]*?)\n\}/.exec(text)!;
  return new Map(
    [...body!.matchAll(/^ {2}(\w+): ([^;]+);$/gm)].map(([, name, type]) => [
      name!,
      type!.replace(/^(?!Date|Json|string|boolean)\w+/, 'string'),
    ]),
  );
}

const { rows: tables } = await store.pool.query<{ table: string; columns: Column[] }>(
  `select c.relname as table, json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
     'required', a.attnotnull)) as columns
   from pg_class c join pg_attribute a on a.attrelid = c.oid
   where c.relnamespace = 'kombo'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
   group by c.relname order by c.relname`,
);

test('every table of the database has a type in the index', () => {
  const index = readFileSync(path.join(ROOT, 'src/tables/index.ts'), 'utf8');
  const [, body] = /export interface KomboTables \{\n([^]*?)\n\}/.exec(index)!;
  expect(tables.length).toBeGreaterThan(30);
  expect([...body!.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name)).toEqual(
    tables.map(({ table }) => table),
  );
});

test.each(tables)('the type of $table has the columns that the database has', ({ table, columns }) => {
  const expected = columns.map(({ name, type, required }) => [
    name,
    `${TYPES.get(type)!}${required ? '' : ' | null'}`,
  ]);
  expect(Object.fromEntries(declared(table))).toEqual(Object.fromEntries(expected));
});

test('the view of integrations has the columns of its type', async () => {
  const { rows } = await store.pool.query<{ column_name: string }>(
    `select column_name from information_schema.columns where table_schema = 'kombo' and table_name = 'integrations'`,
  );
  expect([...declared('integrations').keys()].toSorted()).toEqual(
    rows.map((row) => row.column_name).toSorted(),
  );
});
