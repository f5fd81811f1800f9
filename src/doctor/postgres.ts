import type { Secret } from '../secret.ts';
import { openStore, type Store } from '../store/database.ts';
import { listIntegrations, type Integration } from '../store/state/integrations.ts';
import { pendingMigrations } from '../store/migrate.ts';
import { fail, ok, type Check } from './check.ts';

const OLDEST_POSTGRES = 140_000;

export interface PostgresFindings {
  checks: Check[];
  /** What the other checks compare with; undefined when it is not known. */
  integrations?: Integration[];
}

/** @throws when Postgres cannot be reached. */
export async function checkPostgres(databaseUrl: Secret): Promise<PostgresFindings> {
  const store = openStore(databaseUrl, { max: 1, applicationName: 'kombo-sync doctor' });
  try {
    const version = await checkVersion(store);
    if (version.status === 'fail') return { checks: [version] };
    const pending = await pendingMigrations(store);
    if (pending.length > 0) {
      const steps = pending.length > 3 ? `${pending.slice(0, 3).join(', ')}, …` : pending.join(', ');
      return {
        checks: [
          version,
          fail('Migrations', `${pending.length} are missing: ${steps}`, 'Run: kombo-sync setup'),
        ],
      };
    }
    return { checks: [version, ok('Migrations', 'up to date')], integrations: await listIntegrations(store) };
  } finally {
    await store.close();
  }
}

async function checkVersion(store: Store): Promise<Check> {
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
  return ok('Postgres', `version ${text}`);
}
