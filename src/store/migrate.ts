import { Kysely, PostgresDialect, type PostgresAdapter } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import type pg from 'pg';
import { limitTables, unlimitedTables } from './access/new-tables.ts';
import { ensureDataTables, missingDataTables } from './records/data-tables.ts';
import { ensureDataViews, missingDataViews } from './records/data-views.ts';
import { ensureLiveViews, missingLiveViews } from './records/live-views.ts';
import type { Store } from './database.ts';
import type { Schemas } from './schemas.ts';
import { wantedEndpoints } from './state/extra-endpoints.ts';
import { layFoundation } from './upkeep/foundation.ts';
import { withMigrationLock, type LockWait } from './upkeep/migration-lock.ts';
import { explainDenial } from './upkeep/rights.ts';
import { repairSequences } from './upkeep/sequences.ts';
import { service } from './migrations/0001-service.ts';

/**
 * Numbered steps of schema `kombo_sync`. A released step never changes. Schemas `kombo` and `kombo_live` follow the
 * catalogue.
 */
const MIGRATIONS: Record<string, Migration> = {
  '0001-service': service,
};

/**
 * Brings the database up to date. Safe to repeat, and to run from several processes at once: all but one wait.
 *
 * @returns what was done; empty if there was nothing to do.
 * @throws DatabaseProblem if the database is not fit, or another process holds the lock for minutes; also any error of
 * a step. Earlier steps stay, and the next run continues from there.
 */
export async function migrate(store: Store, wait: LockWait = {}): Promise<{ applied: string[] }> {
  return withMigrationLock(store, wait, async (client) => {
    try {
      await layFoundation(client, store.schemas, store.extraEndpoints);
      const steps = await runSteps(client, store.schemas);
      const tables = await ensureDataTables(client, store.schemas.data, store.extraEndpoints);
      const views = await ensureDataViews(client, store.schemas.data);
      const endpoints = await wantedEndpoints(client, store.extraEndpoints);
      const live = await ensureLiveViews(client, store.schemas.data, endpoints);
      const unlimited = await unlimitedTables(client, store.schemas, tablesOf(endpoints));
      await limitTables(client, store.schemas, unlimited);
      const sequences = await repairSequences(client, store.schemas);
      const policies = policiesOf(unlimited, store.schemas);
      return { applied: [...steps, ...tables, ...views, ...live, ...policies, ...sequences] };
    } catch (error) {
      throw (await explainDenial(client, error, store.schemas, store.extraEndpoints)) ?? error;
    }
  });
}

/**
 * We hold our own lock: Kysely's belongs to a session, and every program that uses Kysely on the database shares it.
 */
class LockedDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    const adapter = super.createAdapter() as PostgresAdapter;
    adapter.acquireMigrationLock = adapter.releaseMigrationLock = () => Promise.resolve();
    return adapter;
  }
}

async function runSteps(client: pg.PoolClient, { service }: Schemas): Promise<string[]> {
  // One connection does everything, because the role may have no other.
  const own = { query: client.query.bind(client), release: () => {} };
  const pool = { connect: () => Promise.resolve(own), end: () => Promise.resolve(), options: {} };
  const migrator = new Migrator({
    db: new Kysely({ dialect: new LockedDialect({ pool }) }),
    provider: { getMigrations: () => Promise.resolve(MIGRATIONS) },
    migrationTableSchema: service,
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  return (results ?? []).map((result) => result.migrationName);
}

const tablesOf = (endpoints: readonly { table: string }[]) => endpoints.map(({ table }) => table);
const policiesOf = (tables: readonly string[], { data }: Schemas) =>
  tables.map((table) => `${data}.${table} (policies)`);

/** Names of steps, tables, views and policies that `migrate` would add. */
export async function pendingMigrations(store: Store): Promise<string[]> {
  const { rows } = await store.pool.query<{ name: string | null }>(
    `select to_regclass('kombo_sync.migrations')::text as name`,
  );
  const done = new Set<string>();
  if (rows[0]?.name) {
    const applied = await store.pool.query<{ name: string }>('select name from kombo_sync.migrations');
    for (const row of applied.rows) done.add(row.name);
  }
  const { data } = store.schemas;
  const tables = await missingDataTables(store.pool, data, store.extraEndpoints);
  const views = await missingDataViews(store.pool, data);
  const endpoints = await wantedEndpoints(store.pool, store.extraEndpoints);
  const live = await missingLiveViews(store.pool, data, endpoints);
  return [
    ...Object.keys(MIGRATIONS).filter((name) => !done.has(name)),
    ...tables.map(({ table, columns }) =>
      columns ? `${data}.${table} (${columns.join(', ')})` : `${data}.${table}`,
    ),
    ...views,
    ...live,
    ...policiesOf(await unlimitedTables(store.pool, store.schemas, tablesOf(endpoints)), store.schemas),
  ];
}
