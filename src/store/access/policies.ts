import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Policy, ReaderRole, Relation } from './snapshot.ts';

/*
 * Policies that limit a tenant. If row level security was off, a policy for all roles lets them see everything as
 * before; a second policy for the tenant's role hides what is not its own. That one is restrictive: no other right of
 * the role, for example as a member of another role, shows more.
 */

/** The integrations whose records a role may see. */
export type Tenant = { integrationId: string } | { originId: string };

const EVERYONE = '0';
/** Name of the policy that lets every role see everything. */
export const OPEN = 'kombo_sync_everyone';
/** The names of policies that limit a tenant begin with this. */
export const LIMIT = 'kombo_sync_only_';
const READS = 'kombo_sync_reads_';
const NAME_BYTES = 63;

type Role = Pick<ReaderRole, 'oid' | 'name' | 'sql'>;

/** Statements after which the tenant sees only its own rows of a table, and other roles see all of them. */
export function limitStatements(
  relation: Relation,
  role: Role,
  tenant: Tenant,
  integrations: Relation,
): string[] {
  const condition = conditionOf(relation, tenant, integrations, pg.escapeLiteral);
  const plain = conditionOf(relation, tenant, integrations, (text) => `'${text.replaceAll("'", "''")}'`);
  const present = limitsOf(relation, role);
  const isRight = present.length === 1 && isLimit(present[0]!, plain);
  const create = `create policy ${nameFor(LIMIT, role)} on ${relation.sql} as restrictive to ${role.sql} using (${condition});`;
  const open = `create policy ${OPEN} on ${relation.sql} using (true);`;
  const enable = `alter table ${relation.sql} enable row level security;`;
  return [
    ...(relation.hasRowSecurity || isOpen(relation) ? [] : [open]),
    ...(isRight ? [] : [...drops(relation, present), create]),
    ...(relation.hasRowSecurity ? [] : [enable]),
  ];
}

/** Statements that remove the limits of the role. */
export function unlimitStatements(relation: Relation, role: Role): string[] {
  return drops(relation, limitsOf(relation, role));
}

/** Statements that let the role see rows, if you have switched on row level security. */
export function sightStatements(relation: Relation, role: Role): string[] {
  if (!relation.hasRowSecurity || isOpen(relation)) return [];
  const sees = relation.policies.some(
    ({ isPermissive, command, roles, using }) =>
      isPermissive &&
      ['*', 'r'].includes(command) &&
      (roles.includes(role.oid) || roles.includes(EVERYONE)) &&
      using === 'true',
  );
  if (sees) return [];
  return [`create policy ${nameFor(READS, role)} on ${relation.sql} for select to ${role.sql} using (true);`];
}

/** Whether row level security is off while there are policies that are not ours: switching it on would apply them. */
export function hasDormantPolicies({ hasRowSecurity, policies }: Relation): boolean {
  return !hasRowSecurity && policies.some(({ name }) => !name.startsWith('kombo_sync_'));
}

/** Our policies that limit the role. */
export function limitsOf({ policies }: Relation, { oid }: Role): Policy[] {
  return policies.filter(
    ({ name, isPermissive, roles }) => name.startsWith(LIMIT) && !isPermissive && roles.includes(oid),
  );
}

function isOpen({ policies }: Relation): boolean {
  return policies.some(
    ({ isPermissive, command, roles, using, check }) =>
      isPermissive &&
      command === '*' &&
      roles.includes(EVERYONE) &&
      using === 'true' &&
      (check ?? 'true') === 'true',
  );
}

function isLimit({ command, roles, using, check }: Policy, condition: string): boolean {
  return command === '*' && roles.length === 1 && check === null && normal(using ?? '') === normal(condition);
}

const drops = ({ sql }: Relation, policies: readonly Policy[]) =>
  policies.map(({ name }) => `drop policy ${pg.escapeIdentifier(name)} on ${sql};`);

/** Each statement looks up the integrations of an origin once, so that new ones count and the primary key is used. */
function conditionOf(
  relation: Relation,
  tenant: Tenant,
  integrations: Relation,
  quote: (text: string) => string,
): string {
  const isItself = relation === integrations;
  if ('integrationId' in tenant) {
    return `${isItself ? 'id' : 'integration_id'} = ${quote(tenant.integrationId).trim()}`;
  }
  const origin = `origin_id = ${quote(tenant.originId).trim()}`;
  return isItself
    ? origin
    : `integration_id = any (array(select i.id from ${integrations.sql} i where i.${origin}))`;
}

/**
 * A condition without what Postgres changes when it prints one: spaces, brackets, types, and table names before
 * columns.
 */
function normal(condition: string): string {
  return condition
    .split(/('(?:[^']|'')*')/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .toLowerCase()
            .replaceAll(/::text|"?[\w$]+"?\./g, '')
            .replaceAll(/[()\s]+/g, ' ')
            .replaceAll(/(?<=\W) | (?=\W)|^ | $/g, ''),
    )
    .join('');
}

function nameFor(prefix: string, { name }: Role): string {
  const whole = `${prefix}${name}`;
  if (Buffer.byteLength(whole) <= NAME_BYTES) return pg.escapeIdentifier(whole);
  return pg.escapeIdentifier(`${prefix}${createHash('sha256').update(name).digest('hex').slice(0, 32)}`);
}
