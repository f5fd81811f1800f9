import type pg from 'pg';
import { AS_IS } from '../connection.ts';
import type { Schemas } from '../schemas.ts';
import { LIMIT, limitStatements, OPEN, type Tenant } from './policies.ts';
import { readAccess } from './snapshot.ts';

/*
 * Tables of a new version limit tenants like all others, before you grant them. The tenant's policy on the table of
 * integrations says what it is limited to.
 */

/** Data tables that have none of our policies although there are tenants. */
export async function unlimitedTables(
  client: pg.ClientBase | pg.Pool,
  { data, service }: Schemas,
  tables: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(UNLIMITED, [
    data,
    service,
    tables,
    OPEN,
    `${LIMIT}%`,
  ]);
  return rows.map(({ name }) => name);
}

const UNLIMITED = `
  with limited as (
    select polrelid, polname from pg_policy where polname = $4 or polname like $5)
  select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = any($3) and c.relkind in ('r', 'p')
    and c.oid not in (select polrelid from limited)
    and exists (
      select from limited join pg_class i on i.oid = polrelid join pg_namespace s on s.oid = i.relnamespace
      where s.nspname = $2 and i.relname = 'integrations' and polname like $5)
  order by 1`;

/** Limits all tenants on these tables. */
export async function limitTables(
  client: pg.ClientBase,
  schemas: Schemas,
  tables: readonly string[],
): Promise<void> {
  if (tables.length === 0) return;
  for (const { name, condition } of await findTenants(client, schemas)) {
    const { role, relations } = await readAccess(client, schemas, tables, name);
    const integrations = relations.find(
      (relation) => relation.schema === schemas.service && relation.name === 'integrations',
    )!;
    for (const relation of relations.filter((one) => one.schema === schemas.data && one.kind === 'table')) {
      for (const text of limitStatements(relation, role!, tenantOf(condition), integrations)) {
        await client.query({ text, ...AS_IS });
      }
    }
  }
}

interface Limited {
  name: string;
  condition: string;
}

async function findTenants(client: pg.ClientBase, { service }: Schemas): Promise<Limited[]> {
  const { rows } = await client.query<Limited>(
    `select rolname::text as name, pg_get_expr(polqual, polrelid) as condition
     from pg_policy join pg_class c on c.oid = polrelid join pg_namespace n on n.oid = relnamespace
     join pg_roles r on r.oid = any(polroles)
     where nspname = $1 and relname = 'integrations' and polname like $2 order by 1`,
    [service, `${LIMIT}%`],
  );
  return rows;
}

/** If you have changed the policy by hand, the tenant sees no rows of a new table. */
function tenantOf(condition: string): Tenant {
  const [, column, text] = /^\((id|origin_id) = '((?:[^']|'')*)'::text\)$/.exec(condition) ?? [];
  const value = text?.replaceAll("''", "'") ?? '';
  return column === 'origin_id' ? { originId: value } : { integrationId: value };
}
