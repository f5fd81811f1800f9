import type pg from 'pg';
import { endpointsWith } from '../../domain/catalogue/index.ts';
import { mayHideRows } from '../row-security.ts';
import { liveSchema, type Schemas } from '../schemas.ts';
import { DatabaseProblem } from './problem.ts';

/** SQLSTATE for a missing right. */
const DENIED = '42501';

/** Explains which right a migration lacks, with the grant for it; undefined for any other error. */
export async function explainDenial(
  client: pg.ClientBase,
  error: unknown,
  { data, service }: Schemas,
  extra: readonly string[],
): Promise<DatabaseProblem | undefined> {
  const { code, message } = error as Error & { code?: string };
  if (code !== DENIED) return undefined;
  const { rows } = await client.query<{ role: string; owners: string[] }>(
    `select current_user::text as role, array(
       select distinct pg_get_userbyid(c.relowner)::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where (n.nspname = $2 or n.nspname in ($1, $4) and c.relname = any($3)) and not pg_has_role(c.relowner, 'usage')) as owners`,
    [data, service, tables(extra), liveSchema(data)],
  );
  const { role, owners } = rows[0]!;
  const remedy =
    owners.length > 0
      ? `Run it as the role that owns the tables, or let ${role} act as that: ${owners.map((owner) => `grant "${owner}" to "${role}";`).join(' ')} After a restore you may also give the tables to it: reassign owned by "${owners[0]}" to "${role}";`
      : `Allow it: grant usage, create on schema ${service}, ${data}, ${liveSchema(data)} to "${role}";`;
  return new DatabaseProblem(`Postgres denies it to the role ${role}: ${message}.`, remedy, { cause: error });
}

interface MissingRights {
  role: string;
  /** Missing rights, for example `delete on kombo.ats_jobs`. */
  missing: string[];
  /** Tables in which a policy may hide rows. */
  guarded: string[];
}

/** The rights that `serve` and `worker` lack. */
export async function findMissingRights(
  client: pg.ClientBase | pg.Pool,
  { data, service }: Schemas,
  extra: readonly string[] = [],
): Promise<MissingRights> {
  const { rows } = await client.query<MissingRights>(RIGHTS, [data, service, tables(extra)]);
  return rows[0]!;
}

/**
 * Rights that `serve` and `worker` need on each kind of object. deploy/postgres/roles.sql and docs/operations.md list
 * the same.
 */
export const NEEDED = {
  schemas: ['usage'],
  tables: ['select', 'insert', 'update', 'delete'],
  sequences: ['usage', 'select'],
  functions: ['execute'],
} as const;

/** Our tables only: those that you have added to the schema of the data are yours. */
const tables = (extra: readonly string[]) => endpointsWith(extra).map(({ table }) => table);

const listed = (privileges: readonly string[]) => `array['${privileges.join("', '")}']`;

const RIGHTS = `
  with place as (
    select oid, nspname, has_schema_privilege(oid, 'usage') as usable from pg_namespace where nspname in ($1, $2)
  ), part as (
    select c.oid, c.relkind, format('%I.%I', nspname, relname) as name
    from pg_class c join place on place.oid = c.relnamespace
    where usable and c.relkind in ('r', 'p', 'S') and (nspname = $2 or c.relname = any($3))
  ), missing as (
    select format('usage on schema %I', nspname) as what from place where not usable
    union all
    select privilege || ' on ' || name from part, unnest(${listed(NEEDED.tables)}) as privilege
    where relkind <> 'S' and not has_table_privilege(oid, privilege)
    union all
    select privilege || ' on ' || name from part, unnest(${listed(NEEDED.sequences)}) as privilege
    where relkind = 'S' and not has_sequence_privilege(oid, privilege)
    union all
    select format('execute on function %s', p.oid::regprocedure) from pg_proc p
    join place on place.oid = p.pronamespace and usable and nspname = $2 where not has_function_privilege(p.oid, 'execute')
  )
  select current_user::text as role, array(select what from missing order by what) as missing,
    array(select name from part where relkind <> 'S' and ${mayHideRows('part.oid')} order by name) as guarded`;

/** The statements that grant a role what `serve` and `worker` need. */
export function grantsFor(role: string, { data, service }: Schemas): string {
  const both = `${data}, ${service}`;
  return [
    `grant ${NEEDED.schemas.join(', ')} on schema ${both} to "${role}";`,
    `grant ${NEEDED.tables.join(', ')} on all tables in schema ${both} to "${role}";`,
    `grant ${NEEDED.sequences.join(', ')} on all sequences in schema ${service} to "${role}";`,
    `grant ${NEEDED.functions.join(', ')} on all functions in schema ${service} to "${role}";`,
  ].join(' ');
}
