import type pg from 'pg';
import { liveSchema, type Schemas } from '../schemas.ts';
import { KNOWS_INVOKER } from '../records/views.ts';

/** The owner of an object, and whether you act as it. */
interface Owned {
  owner: string;
  isMine: boolean;
}

export interface Policy {
  name: string;
  isPermissive: boolean;
  /** `*` for every command, `r` for reading, and so on. */
  command: string;
  /** Object ids of roles; `0` stands for all roles. */
  roles: string[];
  using: string | null;
  check: string | null;
}

export interface Relation extends Owned {
  schema: string;
  name: string;
  /** With its schema, as SQL. */
  sql: string;
  kind: 'table' | 'view' | 'sequence';
  columns: string[];
  /** Granted to the role itself: */
  readsAll: boolean;
  readsColumns: string[];
  hasOther: boolean;
  /** Whether the role may write, through any right. */
  writes: boolean;
  /** Whether all roles may read all of it. */
  isPublic: boolean;
  hasRowSecurity: boolean;
  policies: Policy[];
}

interface Schema extends Owned {
  name: string;
  sql: string;
  isUsable: boolean;
}

/** Default privileges: the role may read what an owner creates from now on. */
interface Default extends Owned {
  /** Null for every schema. */
  schema: string | null;
}

export interface ReaderRole {
  oid: string;
  name: string;
  sql: string;
  isSuperuser: boolean;
  bypassesPolicies: boolean;
}

/** What the role may read now. */
export interface Access {
  /** The role that asks. */
  me: string;
  /** Whether views can apply the rights of their readers: from Postgres 15 on. */
  knowsInvoker: boolean;
  role: ReaderRole | undefined;
  schemas: Record<'data' | 'live' | 'service', Schema>;
  relations: Relation[];
  defaults: Default[];
  /** Roles that the role can act as and that see more than a tenant should. */
  powers: string[];
  /** Views and copies that are not ours, that the role may read, and that show rows regardless of its policies. */
  leaks: string[];
}

/** @param tables our data tables. */
export async function readAccess(
  client: pg.ClientBase | pg.Pool,
  { data, service }: Schemas,
  tables: readonly string[],
  roleName: string,
): Promise<Access> {
  const live = liveSchema(data);
  const ask = async <Row extends pg.QueryResultRow>(text: string, values: unknown[]) =>
    (await client.query<Row>(text, values)).rows;
  const [about] = await ask<Pick<Access, 'me' | 'knowsInvoker'>>(
    `select current_user::text as me, ${KNOWS_INVOKER} as "knowsInvoker"`,
    [],
  );
  const [role] = await ask<ReaderRole>(ROLE, [roleName]);
  // A role that does not exist has no grants.
  const oid = role?.oid ?? null;
  const schemas = await ask<Schema>(SCHEMAS, [oid, [data, live, service]]);
  const place = (name: string) => schemas.find((schema) => schema.name === name)!;
  const mine = [data, live, service, [...tables, 'integrations']];
  return {
    ...about!,
    role,
    schemas: { data: place(data), live: place(live), service: place(service) },
    relations: await ask<Relation>(RELATIONS, [oid, ...mine]),
    defaults: await ask<Default>(DEFAULTS, [oid, [data, live, service]]),
    powers: (await ask<{ name: string }>(POWERS, [oid, ...mine])).map(({ name }) => name),
    leaks: (await ask<{ name: string }>(LEAKS, [oid, ...mine])).map(({ name }) => name),
  };
}

const ROLE = `
  select oid::text, rolname::text as name, quote_ident(rolname) as sql, rolsuper as "isSuperuser",
    rolbypassrls as "bypassesPolicies"
  from pg_roles where rolname = $1`;

const OWNED = (owner: string) =>
  `quote_ident(pg_get_userbyid(${owner})) as owner, pg_has_role(${owner}, 'usage') as "isMine"`;

const SCHEMAS = `
  select nspname::text as name, quote_ident(nspname) as sql, ${OWNED('nspowner')},
    exists (select from aclexplode(nspacl) where grantee = $1::oid and privilege_type = 'USAGE') as "isUsable"
  from pg_namespace where nspname = any($2)`;

/** Our relations: data tables, live views, the view of integrations, and everything in the service's schema. */
const OURS = `
  select c.*, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'S') and (n.nspname = $4 or n.nspname in ($2, $3) and c.relname = any($5))`;

const RELATIONS = `
  select nspname::text as schema, relname::text as name, format('%I.%I', nspname, relname) as sql, ${OWNED('relowner')},
    case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end as kind,
    array(select attname::text from pg_attribute
          where attrelid = c.oid and attnum > 0 and not attisdropped order by attnum) as columns,
    exists (select from aclexplode(relacl) where grantee = $1::oid and privilege_type = 'SELECT') as "readsAll",
    array(select attname::text from pg_attribute, aclexplode(attacl)
          where attrelid = c.oid and grantee = $1::oid and privilege_type = 'SELECT' order by attnum) as "readsColumns",
    exists (select from aclexplode(relacl) where grantee = $1::oid and privilege_type <> 'SELECT') as "hasOther",
    relkind in ('r', 'p') and coalesce(has_table_privilege($1::oid, c.oid, 'insert, update, delete'), false) as writes,
    exists (select from aclexplode(relacl) where grantee = 0 and privilege_type = 'SELECT') as "isPublic",
    relrowsecurity as "hasRowSecurity",
    coalesce((select jsonb_agg(jsonb_build_object('name', polname, 'isPermissive', polpermissive, 'command', polcmd,
        'roles', polroles::text[], 'using', pg_get_expr(polqual, polrelid), 'check', pg_get_expr(polwithcheck, polrelid))
        order by polname)
      from pg_policy where polrelid = c.oid), '[]') as policies
  from (${OURS}) c
  order by array_position(array[$4, $2, $3], nspname::text), relname`;

const DEFAULTS = `
  select ${OWNED('defaclrole')}, nspname::text as schema
  from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace, aclexplode(defaclacl)
  where defaclobjtype = 'r' and grantee = $1::oid and privilege_type = 'SELECT' and (nspname is null or nspname = any($2))
  order by 1, 3`;

const POWERS = `
  with ours as (${OURS})
  select quote_ident(rolname) as name from pg_roles r
  where $1::oid <> r.oid and pg_has_role($1::oid, r.oid, 'member') and (
    rolsuper or rolbypassrls or rolname in ('pg_read_all_data', 'pg_write_all_data')
    or exists (select from ours where relowner = r.oid)
    or exists (select from ours, aclexplode(relacl) where grantee = r.oid)
    or exists (select from ours join pg_attribute on attrelid = ours.oid, aclexplode(attacl) where grantee = r.oid))
  order by 1`;

const LEAKS = `
  with ours as (${OURS})
  select distinct format('%I.%I', n.nspname, v.relname) as name
  from pg_class v join pg_namespace n on n.oid = v.relnamespace
  join pg_rewrite w on w.ev_class = v.oid
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
  join ours on ours.oid = d.refobjid
  where v.relkind in ('v', 'm') and v.oid not in (select oid from ours) and has_any_column_privilege($1::oid, v.oid, 'select')
    and not coalesce(v.reloptions @> array['security_invoker=true'], false)
  order by 1`;
