import type { Config } from '../config.ts';
import type { FullPasses } from '../domain/schedule-health.ts';
import { openConfigured, type Store } from '../store/database.ts';
import { pendingMigrations } from '../store/migrate.ts';
import { listFullPasses } from '../store/reports/full-passes.ts';
import { listIntegrations, type Integration } from '../store/state/integrations.ts';
import { inspectGround, installationId } from '../store/upkeep/foundation.ts';
import { DatabaseProblem } from '../store/upkeep/problem.ts';
import { findMissingRights, grantsFor } from '../store/upkeep/rights.ts';
import { findLaggingSequences } from '../store/upkeep/sequences.ts';
import { fail, ok, warn, type Check } from './check.ts';
import { checkChangesSignal } from './changes-signal.ts';
import { checkConsumers } from './consumers.ts';
import { checkFields } from './fields.ts';
import { checkModels } from './models.ts';
import { checkIssues } from './issues.ts';
import { checkNotifications } from './notifications.ts';

const OLDEST_POSTGRES = 140_000;

export interface PostgresFindings {
  checks: Check[];
  /** Other checks compare with these; undefined if they could not be read. */
  integrations?: Integration[];
  passes?: FullPasses[];
}

/** @throws if Postgres cannot be reached. */
export async function checkPostgres(config: Config): Promise<PostgresFindings> {
  const store = openConfigured(config, { max: 1, applicationName: 'kombo-sync doctor' });
  try {
    const checks: Check[] = [];
    // Each check needs more than the one before, so the first that fails is the one to fix.
    for (const check of [checkServer, checkRights, checkGround, checkMigrations]) {
      const found = await check(store);
      checks.push(found);
      if (found.status === 'fail') return { checks };
    }
    checks.push(await checkSequences(store), await checkConnections(store, config));
    checks.push(await checkIssues(store), await checkModels(store), await checkFields(store, config));
    checks.push(await checkNotifications(store, config));
    checks.push(await checkConsumers(store, config), await checkChangesSignal(store, config));
    if (config.DATABASE_DIRECT_URL) checks.push(await checkDirect(store));
    return {
      checks,
      integrations: await listIntegrations(store),
      passes: await listFullPasses(store, config),
    };
  } finally {
    await store.close();
  }
}

async function checkServer(store: Store): Promise<Check> {
  const { rows } = await store.pool.query<{ number: number; text: string; standby: boolean }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as text,
            pg_is_in_recovery() as standby`,
  );
  const { number, text, standby } = rows[0]!;
  if (number < OLDEST_POSTGRES) {
    return fail('Postgres', `version ${text} is too old`, 'Use Postgres 14 or newer.');
  }
  if (standby) {
    return fail(
      'Postgres',
      'DATABASE_URL names a standby, which cannot be written',
      'Name the primary server.',
    );
  }
  return ok('Postgres', `version ${text}${store.isPooled() ? ', through a pooler' : ''}`);
}

/** Checks the encoding, whether the database can be written, and whether the schemas are kombo-sync's. */
async function checkGround(store: Store): Promise<Check> {
  try {
    await inspectGround(store.pool, store.schemas, store.extraEndpoints);
    const { data, service } = store.schemas;
    return ok('Schemas', `${data}, ${service}`);
  } catch (error) {
    if (!(error instanceof DatabaseProblem)) throw error;
    return fail('Schemas', error.what.replace(/\.$/, ''), error.remedy);
  }
}

async function checkRights(store: Store): Promise<Check> {
  const { role, missing, guarded } = await findMissingRights(store.pool, store.schemas, store.extraEndpoints);
  if (missing.length > 0) {
    return fail('Rights', `the role ${role} lacks ${some(missing)}`, grantsFor(role, store.schemas));
  }
  if (guarded.length > 0) {
    return fail(
      'Rights',
      `row level security hides rows of ${some(guarded)} from the role ${role}`,
      `Switch it off for them, for example: alter table ${guarded[0]} disable row level security; or exempt the role: alter role "${role}" bypassrls;`,
    );
  }
  return ok('Rights', `the role ${role} may read and write`);
}

async function checkMigrations(store: Store): Promise<Check> {
  const pending = await pendingMigrations(store);
  if (pending.length === 0) return ok('Migrations', 'up to date');
  return fail('Migrations', `${pending.length} are missing: ${some(pending)}`, 'Run: kombo-sync setup');
}

async function checkSequences(store: Store): Promise<Check> {
  const lagging = await findLaggingSequences(store.pool, store.schemas);
  if (lagging.length === 0) return ok('Sequences', 'ahead of their tables');
  const [{ name, last, used }] = lagging as [(typeof lagging)[0]];
  return fail(
    'Sequences',
    `${some(lagging.map((one) => one.name))} would give out numbers that are in use: ${name} is at ${last}, and ${used} is taken`,
    'Logical replication does not bring sequences along. Set them right: kombo-sync setup',
  );
}

/** If a process may open fewer connections than it wants, its statements wait for each other. */
async function checkConnections(store: Store, { DATABASE_POOL: pool }: Config): Promise<Check> {
  const { rows } = await store.pool.query<{ role: string; allowed: number }>(
    `select rolname::text as role, least(nullif(rolconnlimit, -1), nullif(datconnlimit, -1),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int) as allowed
     from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
  );
  const { role, allowed } = rows[0]!;
  if (store.isPooled()) return ok('Connections', `up to ${pool} of each process, if the pooler has as many`);
  if (allowed >= pool) return ok('Connections', `up to ${pool} of each process, ${allowed} are allowed`);
  return warn(
    'Connections',
    `the role ${role} may have ${allowed}, and each process opens up to ${pool}`,
    `Divide them among the processes by DATABASE_POOL, at least one each, or allow more: alter role "${role}" connection limit 100;`,
  );
}

async function checkDirect(store: Store): Promise<Check> {
  const [own, direct] = await Promise.all([installationId(store.pool), installationId(store.direct)]);
  if (own !== direct) {
    return fail(
      'Direct connection',
      'DATABASE_DIRECT_URL names another database',
      'Name the one of DATABASE_URL.',
    );
  }
  if (store.direct.pooler.isThere) {
    return warn(
      'Direct connection',
      'DATABASE_DIRECT_URL leads through a pooler',
      'Name the server itself, or leave it out.',
    );
  }
  return ok('Direct connection', 'the same database without a pooler');
}

const some = (names: readonly string[]) =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')}, … (${names.length})` : names.join(', ');
