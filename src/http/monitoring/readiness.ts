import type { ConnectionLike } from '@temporalio/client';
import { outageOf, postgresOutage, temporalOutage, type Outage } from '../../outages/index.ts';
import type { Store } from '../../store/database.ts';
import { pendingMigrations } from '../../store/migrate.ts';
import type { Logger } from '../../log.ts';
import { within } from '../../within.ts';

const TIMEOUT_MS = 2_000;

export interface ReadinessDeps {
  store: Store;
  temporal: { connection: ConnectionLike; namespace: string };
  log: Logger;
}

export interface Check {
  ok: boolean;
  /** What is wrong and what you can do. */
  message?: string;
}

export interface Readiness {
  ready: boolean;
  temporal: Check;
  database: Check;
  migrations: Check;
  note: string;
}

/** Whether the service can do all of its job, part by part, within two seconds. */
export async function checkReadiness(deps: ReadinessDeps): Promise<Readiness> {
  const [temporal, { database, migrations }] = await Promise.all([checkTemporal(deps), checkPostgres(deps)]);
  return {
    ready: temporal.ok && database.ok && migrations.ok,
    temporal,
    database,
    migrations,
    note: 'Webhooks need Temporal only: they are accepted while the database is away, and served when it is back.',
  };
}

/** Leaves out the reasons of Postgres and Temporal, because callers need no token. */
const sayOutage = ({ brief, remedy }: Outage) => `${brief}. ${remedy}`;

async function checkTemporal({ temporal, log }: ReadinessDeps): Promise<Check> {
  const { connection } = temporal;
  try {
    const answer = connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace: temporal.namespace }),
    );
    await within(TIMEOUT_MS, answer);
    return { ok: true };
  } catch (error) {
    log.debug({ err: error }, 'Temporal is not ready');
    return { ok: false, message: sayOutage(outageOf(error) ?? temporalOutage('late', { cause: error })) };
  }
}

async function checkPostgres({ store, log }: ReadinessDeps): Promise<{ database: Check; migrations: Check }> {
  let isReadOnly: boolean;
  try {
    isReadOnly = await within(TIMEOUT_MS, readsOnly(store));
  } catch (error) {
    log.debug({ err: error }, 'Postgres is not ready');
    return {
      database: {
        ok: false,
        message: sayOutage(outageOf(error) ?? postgresOutage('late', { cause: error })),
      },
      migrations: { ok: false, message: 'Unknown while the database is away.' },
    };
  }
  const database = isReadOnly
    ? { ok: false, message: sayOutage(postgresOutage('read-only', { cause: undefined })) }
    : { ok: true };
  try {
    const pending = await within(TIMEOUT_MS, pendingMigrations(store));
    if (pending.length === 0) return { database, migrations: { ok: true } };
    const message = `${pending.length} migration steps are missing; run kombo-sync migrate.`;
    return { database, migrations: { ok: false, message } };
  } catch (error) {
    log.debug({ err: error }, 'Migrations cannot be checked');
    return {
      database,
      migrations: { ok: false, message: 'Cannot be checked; run kombo-sync doctor.' },
    };
  }
}

/** A standby, or a server with a full disk: reads work and writes fail. */
async function readsOnly({ pool }: Store): Promise<boolean> {
  const { rows } = await pool.query<{ on: boolean }>(
    `select current_setting('transaction_read_only') = 'on' as on`,
  );
  return rows[0]!.on;
}
