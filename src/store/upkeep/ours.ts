import type pg from 'pg';
import { endpointsWith } from '../../domain/catalogue/index.ts';
import { SYSTEM_COLUMNS } from '../records/data-tables.ts';
import { LIVE_COLUMNS } from '../records/live-views.ts';
import { liveSchema, type Schemas } from '../schemas.ts';
import { DatabaseProblem } from './problem.ts';

type Queryable = pg.ClientBase | pg.Pool;

/** Columns that all our data tables have. */
const ALWAYS = Object.keys(SYSTEM_COLUMNS);

/**
 * Counts the tables that have names of the catalogue or of EXTRA_ENDPOINTS.
 *
 * @throws DatabaseProblem if one lacks a column that all our tables have.
 */
export async function findDataTables(
  client: Queryable,
  { data }: Schemas,
  extra: readonly string[],
): Promise<number> {
  const { rows } = await client.query<{ name: string; lacks: string[] }>(
    `select c.relname::text as name, array(
       select name from unnest($3::text[]) as always(name)
       where c.relkind not in ('r', 'p') or not exists (
         select from pg_attribute a where a.attrelid = c.oid and a.attname = name and not a.attisdropped)) as lacks
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = any($2) order by 1`,
    [data, endpointsWith(extra).map(({ table }) => table), ALWAYS],
  );
  const foreign = rows.find(({ lacks }) => lacks.length > 0);
  if (!foreign) return rows.length;
  throw new DatabaseProblem(
    `${data}.${foreign.name} was not made by kombo-sync: it does not have the columns ${foreign.lacks.join(', ')}. Nothing was changed.`,
    `Rename or move it, or choose another schema for the data, for example DATA_SCHEMA=${data}_hr.`,
  );
}

/**
 * Counts the live views.
 *
 * @throws DatabaseProblem if something else has the name of one.
 */
export async function findLiveViews(
  client: Queryable,
  { data }: Schemas,
  extra: readonly string[],
): Promise<number> {
  const { rows } = await client.query<{ name: string; isOurs: boolean }>(
    `select c.relname::text as name, c.relkind = 'v'
       and not exists (
         select from unnest($4::text[]) as always(name) where not exists (
           select from pg_attribute a where a.attrelid = c.oid and a.attname = always.name))
       and not exists (
         select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not exists (
           select from pg_attribute b where b.attrelid = t.oid and b.attname = a.attname and not b.attisdropped))
       and exists (
         select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
         where r.ev_class = c.oid and d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid) as "isOurs"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     left join pg_class t on t.relname = c.relname and t.relkind in ('r', 'p')
       and t.relnamespace = (select oid from pg_namespace where nspname = $2)
     where n.nspname = $1 and c.relname = any($3) order by 1`,
    [liveSchema(data), data, endpointsWith(extra).map(({ table }) => table), LIVE_COLUMNS],
  );
  const foreign = rows.find(({ isOurs }) => !isOurs);
  if (!foreign) return rows.length;
  const name = `${liveSchema(data)}.${foreign.name}`;
  throw new DatabaseProblem(
    `${name} was not made by kombo-sync: it is not a view of the live rows of ${data}.${foreign.name}. Nothing was changed.`,
    'Rename or move it; the view of that name is made then.',
  );
}
