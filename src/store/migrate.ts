import { Migrator, type Migration } from 'kysely/migration';
import { ensureDataTables, missingDataTables } from './data-tables.ts';
import type { Store } from './database.ts';
import { service } from './migrations/0001-service.ts';

/** Numbered steps of schema `kombo_sync`; a released step never changes. Schema `kombo` follows the catalogue. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-service': service,
};

const MIGRATION_LOCK = 7_105_001;
/** Another process may fill new columns of big tables meanwhile. */
const LOCK_WAIT_MS = 24 * 60 * 60_000;

function createMigrator(store: Store): Migrator {
  return new Migrator({
    db: store.db,
    provider: { getMigrations: () => Promise.resolve(MIGRATIONS) },
    migrationTableSchema: 'kombo_sync',
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  });
}

/**
 * Brings the database up to date. Safe to run twice and by several processes at once: all but one wait.
 *
 * @returns what was done; empty when nothing was to do.
 * @throws when a step fails; what came before it stays, and the next run goes on from there.
 */
export async function migrate(store: Store): Promise<{ applied: string[] }> {
  // A connection of its own holds the lock, so it ends with this call even if the pool breaks.
  const client = await store.pool.connect();
  try {
    await client.query('set statement_timeout = 0; set lock_timeout = 0');
    const lock = {
      text: 'select pg_advisory_lock($1)',
      values: [MIGRATION_LOCK],
      query_timeout: LOCK_WAIT_MS,
    };
    await client.query(lock);
    await client.query('create schema if not exists kombo_sync');
    await client.query('create schema if not exists kombo');
    await client.query(
      `comment on schema kombo is 'Records read through Kombo, one table per endpoint. Yours to query.'`,
    );
    await client.query(
      `comment on schema kombo_sync is 'State of kombo-sync: integrations, passes, changes. Read it, never write it.'`,
    );
    const { error, results } = await createMigrator(store).migrateToLatest();
    if (error) throw error;
    const steps = (results ?? []).map((result) => result.migrationName);
    return { applied: [...steps, ...(await ensureDataTables(client))] };
  } finally {
    // Closing the connection gives the lock back.
    client.release(true);
  }
}

/** Names of steps and tables that `migrate` would bring. */
export async function pendingMigrations(store: Store): Promise<string[]> {
  const { rows } = await store.pool.query<{ name: string | null }>(
    `select to_regclass('kombo_sync.migrations')::text as name`,
  );
  const done = new Set<string>();
  if (rows[0]?.name) {
    const applied = await store.pool.query<{ name: string }>('select name from kombo_sync.migrations');
    for (const row of applied.rows) done.add(row.name);
  }
  const tables = await missingDataTables(store.pool);
  return [
    ...Object.keys(MIGRATIONS).filter((name) => !done.has(name)),
    ...tables.map(({ table, columns }) =>
      columns ? `kombo.${table} (${columns.join(', ')})` : `kombo.${table}`,
    ),
  ];
}
