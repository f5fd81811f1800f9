import pg from 'pg';
import { limitStatements, sightStatements, unlimitStatements, type Tenant } from './policies.ts';
import type { Access, ReaderRole, Relation } from './snapshot.ts';

/** What a role is to read. It reads nothing else of our schemas. */
export interface Wish {
  /** Data tables; `all` includes tables of later versions. */
  tables: 'all' | readonly string[];
  withoutRaw: boolean;
  tenant: Tenant | undefined;
}

export interface Step {
  sql: string;
  /** The role that may run it, if yours may not. */
  owner: string | undefined;
}

/** The statements from what the role may read now to what it is to read; none if nothing is to change. */
export function planAccess(access: Access, role: ReaderRole, wish: Wish): Step[] {
  const { schemas, relations } = access;
  const isOurs = ({ schema }: Relation) => schema !== schemas.service.name;
  const readable = relations.filter(isOurs);
  const chosen = readable.filter((relation) => isChosen(relation, access, wish));
  const others = readable.filter((relation) => !chosen.includes(relation));
  return [
    ...(wish.tenant ? closeService(access, role) : []),
    ...revokeReading(others.filter(hasSomething), role),
    ...(wish.withoutRaw ? revokeReading(chosen.filter(readsRaw), role) : []),
    ...planDefaults(access, role, wish),
    ...planPolicies(access, chosen, role, wish),
    ...grantUsage(wish.withoutRaw ? [schemas.data] : [schemas.data, schemas.live], role),
    ...(wish.withoutRaw ? grantColumns(chosen, role) : grantTables(chosen, role)),
  ];
}

/**
 * Every reader gets the view of integrations. A live view names the column `raw`, and Postgres lets a role read such a
 * view only if it may read every column that the view names.
 */
function isChosen({ name, schema }: Relation, { schemas }: Access, { tables, withoutRaw }: Wish): boolean {
  if (name === 'integrations') return schema === schemas.data.name;
  if (withoutRaw && schema === schemas.live.name) return false;
  return tables === 'all' || tables.includes(name);
}

const hasSomething = ({ readsAll, readsColumns }: Relation) => readsAll || readsColumns.length > 0;
const readsRaw = ({ columns, readsAll, readsColumns }: Relation) =>
  columns.includes(RAW) && (readsAll || readsColumns.includes(RAW));

const RAW = 'raw';

/** A tenant may read nothing in the service's schema, because its tables name records of all integrations. */
function closeService({ schemas, relations }: Access, role: ReaderRole): Step[] {
  const { service } = schemas;
  const granted = relations.filter(
    (relation) => relation.schema === service.name && (hasSomething(relation) || relation.hasOther),
  );
  const all = (kind: string, of: readonly Relation[]) =>
    together(of, (names) => `revoke all on ${kind}${names} from ${role.sql};`);
  return [
    ...all(
      '',
      granted.filter(({ kind }) => kind !== 'sequence'),
    ),
    ...all(
      'sequence ',
      granted.filter(({ kind }) => kind === 'sequence'),
    ),
    ...(service.isUsable ? [step(`revoke usage on schema ${service.sql} from ${role.sql};`, [service])] : []),
  ];
}

function revokeReading(relations: readonly Relation[], role: ReaderRole): Step[] {
  return together(relations, (names) => `revoke select on ${names} from ${role.sql};`);
}

/** Only a role that reads everything may read tables of later versions without a new grant. */
function planDefaults({ schemas, relations, defaults }: Access, role: ReaderRole, wish: Wish): Step[] {
  const { data, live, service } = schemas;
  if (wish.tables === 'all' && !wish.withoutRaw && !wish.tenant) {
    const { owner, isMine } = relations.find(
      ({ schema, name }) => schema === service.name && name === 'integrations',
    )!;
    return [data, live]
      .filter(({ name }) => !defaults.some((one) => one.owner === owner && [name, null].includes(one.schema)))
      .map(({ sql }) =>
        step(
          `alter default privileges for role ${owner} in schema ${sql} grant select on tables to ${role.sql};`,
          [{ owner, isMine }],
        ),
      );
  }
  const closed = [data.name, live.name, null, ...(wish.tenant ? [service.name] : [])];
  return defaults
    .filter(({ schema }) => closed.includes(schema))
    .map((one) => {
      const place = one.schema === null ? '' : ` in schema ${pg.escapeIdentifier(one.schema)}`;
      return step(
        `alter default privileges for role ${one.owner}${place} revoke select on tables from ${role.sql};`,
        [one],
      );
    });
}

/** All data tables limit a tenant, even those that it may not read, in case you grant more by hand. */
function planPolicies(
  { schemas, relations }: Access,
  chosen: readonly Relation[],
  role: ReaderRole,
  { tenant }: Wish,
): Step[] {
  const integrations = relations.find(
    ({ schema, name }) => schema === schemas.service.name && name === 'integrations',
  )!;
  const tables = relations.filter(({ schema, kind }) => schema === schemas.data.name && kind === 'table');
  return [integrations, ...tables].flatMap((relation) => {
    const limits = tenant
      ? limitStatements(relation, role, tenant, integrations)
      : unlimitStatements(relation, role);
    const isRead = relation === integrations || chosen.includes(relation);
    const sight = isRead ? sightStatements(relation, role) : [];
    return [...limits, ...sight].map((sql) => step(sql, [relation]));
  });
}

function grantUsage(schemas: readonly Access['schemas']['data'][], role: ReaderRole): Step[] {
  return schemas
    .filter(({ isUsable }) => !isUsable)
    .map((schema) => step(`grant usage on schema ${schema.sql} to ${role.sql};`, [schema]));
}

function grantTables(relations: readonly Relation[], role: ReaderRole): Step[] {
  return together(
    relations.filter(({ readsAll }) => !readsAll),
    (names) => `grant select on ${names} to ${role.sql};`,
  );
}

/**
 * Grants a relation without `raw` as a whole. A grant on a whole relation with `raw` is revoked first, with its
 * columns.
 */
function grantColumns(relations: readonly Relation[], role: ReaderRole): Step[] {
  const hasRaw = ({ columns }: Relation) => columns.includes(RAW);
  const whole = grantTables(
    relations.filter((relation) => !hasRaw(relation)),
    role,
  );
  const byColumn = relations.filter(hasRaw).flatMap((relation) => {
    const kept = readsRaw(relation) ? [] : relation.readsColumns;
    const missing = relation.columns.filter((column) => column !== RAW && !kept.includes(column));
    if (missing.length === 0) return [];
    const list = missing.map((column) => pg.escapeIdentifier(column)).join(', ');
    return [step(`grant select (${list}) on ${relation.sql} to ${role.sql};`, [relation])];
  });
  return [...whole, ...byColumn];
}

function together(relations: readonly Relation[], statement: (names: string) => string): Step[] {
  if (relations.length === 0) return [];
  return [step(statement(relations.map(({ sql }) => sql).join(', ')), relations)];
}

function step(sql: string, of: readonly { owner: string; isMine: boolean }[]): Step {
  return { sql, owner: of.find(({ isMine }) => !isMine)?.owner };
}
