import type pg from 'pg';
import { pickEndpoints } from '../domain/catalogue/pick.ts';
import { applySteps } from '../store/access/apply.ts';
import { planAccess, type Step, type Wish } from '../store/access/plan.ts';
import { limitsOf, type Tenant } from '../store/access/policies.ts';
import { refuseAccess } from '../store/access/refusals.ts';
import { readAccess, type Access, type ReaderRole } from '../store/access/snapshot.ts';
import type { Store } from '../store/database.ts';
import { pendingMigrations } from '../store/migrate.ts';
import { storedEndpoints } from '../store/state/extra-endpoints.ts';
import { hasOrigin } from '../store/state/integrations.ts';
import { DatabaseProblem } from '../store/upkeep/problem.ts';
import { audited, permitted } from './audited.ts';
import type { OperationDeps } from './deps.ts';
import { invalid, notFound } from './errors.ts';
import { requireIntegration } from './require.ts';

export interface GrantWish {
  role: string;
  /** Names of models or tables, with `*`; every table if left out. */
  models?: readonly string[] | undefined;
  withoutRaw: boolean;
  /** Limits the role to one integration, or to those of a customer. */
  tenant?: Tenant | undefined;
}

export interface Granted {
  role: string;
  /** The tables that it reads, each with its live view unless `withoutRaw`. */
  tables: string[];
  withoutRaw: boolean;
  integrationId: string | null;
  originId: string | null;
  /** The SQL that grants this; empty if the role already has it. */
  statements: string[];
  /** What you should know about it. */
  notes: string[];
  /** Whether the statements were run. */
  applied: boolean;
}

type Deps = Pick<OperationDeps, 'store' | 'actor'>;

/** The statements that let a role read what you ask for, and nothing else. @throws OperationError if it must not */
export async function planGrants({ store }: Pick<Deps, 'store'>, given: GrantWish): Promise<Granted> {
  const { wish, answer } = await prepare(store, given);
  const found = await look(store, store.pool, given.role, wish);
  const statements = found.steps.map(({ sql }) => sql);
  return { ...answer, statements, notes: await notesOn(store, found, wish), applied: false };
}

/** Runs these statements in one transaction. */
export async function applyGrants(deps: Deps, given: GrantWish): Promise<Granted> {
  const { store } = deps;
  const { role, models, withoutRaw, tenant } = given;
  const act = {
    action: 'grant',
    integrationId: tenant && 'integrationId' in tenant ? tenant.integrationId : null,
    details: { role, ...(models && { models }), withoutRaw, ...tenant },
  } as const;
  const { wish, answer, notes } = await permitted(deps, act, async () => {
    const prepared = await prepare(store, given);
    const found = await look(store, store.pool, role, prepared.wish);
    return { ...prepared, notes: await notesOn(store, found, prepared.wish) };
  });
  const statements = await audited(deps, act, () =>
    applySteps(store, async (client) => (await look(store, client, role, wish)).steps),
  );
  return { ...answer, statements, notes, applied: true };
}

async function prepare(store: Store, { role, models, withoutRaw, tenant }: GrantWish) {
  if ((await pendingMigrations(store)).length > 0) {
    throw new DatabaseProblem('The database is not up to date.', 'Run: kombo-sync migrate');
  }
  const all = await storedEndpoints(store.pool);
  const { endpoints, unmatched } = pickEndpoints(models ?? ['*'], all);
  if (unmatched.length > 0) {
    throw invalid(
      `Unknown model or table: ${unmatched.join(', ')}. Name one as hris_employees, or several as ats_*.`,
    );
  }
  if (tenant && 'integrationId' in tenant) await requireIntegration(store, tenant.integrationId);
  const tables = endpoints.map(({ table }) => table);
  const wish: Wish = {
    tables: endpoints.length === all.length ? 'all' : tables,
    withoutRaw,
    tenant,
  };
  const answer = {
    role,
    tables,
    withoutRaw,
    integrationId: null,
    originId: null,
    ...tenant,
  };
  return { wish, answer };
}

interface Look {
  access: Access;
  role: ReaderRole;
  steps: Step[];
}

/** Uses one connection, because a transaction may hold locks that a second connection would wait for. */
async function look(
  { schemas }: Store,
  client: pg.ClientBase | pg.Pool,
  name: string,
  wish: Wish,
): Promise<Look> {
  const ours = (await storedEndpoints(client)).map(({ table }) => table);
  const access = await readAccess(client, schemas, ours, name);
  const { role } = access;
  if (!role) throw noRole(name);
  const refusal = refuseAccess(access, role, wish);
  if (refusal) throw invalid(refusal);
  return { access, role, steps: planAccess(access, role, wish) };
}

function noRole(name: string) {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return notFound(
    `There is no role ${name} on this server of Postgres. Make it first: create role ${quoted} login password '…';`,
  );
}

async function notesOn(store: Store, { access, role }: Look, wish: Wish): Promise<string[]> {
  const { schemas, relations, leaks } = access;
  const { tenant, tables, withoutRaw } = wish;
  const wasLimited = relations.some((relation) => limitsOf(relation, role).length > 0);
  return [
    wasLimited &&
      !tenant &&
      `${role.name} was limited to some integrations, and reads all with these statements.`,
    (withoutRaw || tables !== 'all' || tenant) &&
      `${withoutRaw ? 'Tables and columns' : 'Tables'} that a new version brings are not included. Run this again after an upgrade.`,
    withoutRaw &&
      `The views of ${schemas.live.name} stay closed, since raw is in them. Read the tables; live rows have no deleted_at. Nested fields that have a column are included.`,
    tenant &&
      `The change feed and the other tables of ${schemas.service.name} stay closed, since they name the records of all integrations.`,
    tenant &&
      leaks.length > 0 &&
      `${role.name} may read ${leaks.join(', ')}, which shows the records of all integrations. Revoke that, or let a view ask the rights of its reader: alter view … set (security_invoker = true);`,
    ...(await noteOnOrigin(store, wish)),
  ].filter((note) => typeof note === 'string');
}

async function noteOnOrigin(store: Store, { tenant }: Wish): Promise<string[]> {
  if (!tenant || !('originId' in tenant) || (await hasOrigin(store, tenant.originId))) return [];
  return [
    `No integration in ${store.schemas.service}.integrations has this origin_id now; integrations that come with it count.`,
  ];
}
