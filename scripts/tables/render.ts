import type { ColumnType, EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import { SYSTEM_COLUMNS } from '../../src/store/records/data-tables.ts';

/** What `pg` makes of a column. */
const TYPES = new Map<string, string>([
  ['text', 'string'],
  ['timestamptz', 'Date'],
  ['numeric', 'string'],
  ['bigint', 'string'],
  ['boolean', 'boolean'],
  ['jsonb', 'Json'],
]);

/** Columns that the live views do without. */
const BOOKKEEPING = [
  'remote_deleted_at',
  'deleted_at',
  'erased_at',
  'observed_at',
  'asked_seq',
  'arrived_seq',
];

const HEAD = '// Made by scripts/table-types.ts from the catalogue of endpoints. Do not edit it.\n';

export type EnumsOf = (table: string) => ReadonlyMap<string, readonly string[]>;

const pascal = (name: string) =>
  name.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const fileOf = (table: string) => `${table.replaceAll('_', '-')}.ts`;

/** The files of `src/tables`, by name. */
export function renderTables(
  endpoints: readonly EndpointDefinition[],
  enumsOf: EnumsOf,
): Map<string, string> {
  const sorted = endpoints.toSorted((a, b) => (a.table < b.table ? -1 : 1));
  return new Map([
    ...sorted.map((endpoint) => [fileOf(endpoint.table), renderTable(endpoint, enumsOf)] as const),
    ['index.ts', renderIndex(sorted.map(({ table }) => table))],
  ]);
}

function renderTable({ table, path, fields }: EndpointDefinition, enumsOf: EnumsOf): string {
  const row = pascal(table);
  const enums = new Map([...enumsOf(table)].filter(([field]) => fields[field] === 'text'));
  const types = [...enums].map(
    ([field, values]) => `
/** Values of \`${field}\` that Kombo documents. Others may come. */
export type ${row}${pascal(field)} = ${values.map((value) => `'${value}'`).join(' | ')} | (string & {});
`,
  );
  const typeOf = (field: string, type: ColumnType) =>
    enums.has(field) ? `${row}${pascal(field)}` : TYPES.get(type)!;
  const system = Object.entries(SYSTEM_COLUMNS).map(([name, [type, meaning]]) => {
    const [first] = type.split(' ');
    return `  /** ${meaning} */\n  ${name}: ${TYPES.get(first!)!}${type.includes('not null') ? '' : ' | null'};\n`;
  });
  const own = Object.entries(fields).map(([name, type]) => `  ${name}: ${typeOf(name, type)} | null;\n`);
  const usesJson = `import type { Json } from './json.ts';\n`;
  return `${HEAD}${usesJson}${types.join('')}
/** A row of \`kombo.${table}\`: a record of \`GET ${path}\`. */
export interface ${row} {
${system.slice(0, 2).join('')}${own.join('')}${system.slice(2).join('')}}
`;
}

function renderIndex(tables: readonly string[]): string {
  const entries = (prefix: string, type: (row: string) => string) =>
    tables.map((table) => `  ${prefix ? `'${prefix}.${table}'` : table}: ${type(pascal(table))};\n`).join('');
  const live = (row: string) => `Live<${row}>`;
  return `${HEAD}${tables.map((table) => `import type { ${pascal(table)} } from './${fileOf(table)}';\n`).join('')}import type { Integrations } from './integrations.ts';

export type { Integrations } from './integrations.ts';
export type { Json } from './json.ts';
${tables.map((table) => `export type * from './${fileOf(table)}';\n`).join('')}
/**
 * The row type of each table in schema \`kombo\`. Add the tables of EXTRA_ENDPOINTS by declaration merging:
 *
 * @example
 * declare module 'kombo-sync/tables' {
 *   interface KomboTables {
 *     ats_sourcing_channels: { integration_id: string; id: string; raw: Json; deleted_at: Date | null };
 *   }
 * }
 */
export interface KomboTables {
${entries('', (row) => row)}}

/** A row as the views of schema \`kombo_live\` show it: without what says when and how it was read. */
export type Live<Row> = Omit<Row, ${BOOKKEEPING.map((name) => `'${name}'`).join(' | ')}>;

/**
 * The tables for Kysely: by their full names, and without a schema for \`db.withSchema('kombo')\`.
 *
 * @example
 * const db = new Kysely<KomboDatabase>({ dialect: new PostgresDialect({ pool }) });
 * const open = await db.selectFrom('kombo_live.ats_jobs').select(['id', 'name']).where('status', '=', 'OPEN').execute();
 */
export interface KomboDatabase extends KomboTables {
  integrations: Integrations;
  'kombo.integrations': Integrations;
${entries('kombo', (row) => row)}${entries('kombo_live', live)}}

/** The live views for Kysely, with \`db.withSchema('kombo_live')\`. */
export type KomboLiveDatabase = { [Table in keyof KomboTables]: Live<KomboTables[Table]> };
`;
}
