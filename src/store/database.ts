import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Config } from '../config.ts';
import { SyncError } from '../domain/errors.ts';
import type { Secret } from '../secret.ts';
import { readDatabaseUrl } from '../settings/database-url.ts';
import { Pool } from './pool.ts';
import type { Database } from './schema.ts';
import { STANDARD_SCHEMAS, translator, type Schemas } from './schemas.ts';
import { again } from './connection.ts';

/** For statements that take longer than the usual timeout allows (`patiently`). */
const PATIENT_TIMEOUT_MS = 10 * 60_000;

export interface Store {
  readonly pool: pg.Pool;
  /** For what a pooler in transaction mode cannot do. The same as `pool` unless you set an address for it. */
  readonly direct: Pool;
  readonly db: Kysely<Database>;
  readonly schemas: Schemas;
  /** The setting EXTRA_ENDPOINTS: they have tables in addition to those of the catalogue. */
  readonly extraEndpoints: readonly string[];
  /** Whether `pool` has met a pooler. */
  isPooled(): boolean;
  close(): Promise<void>;
}

interface StoreOptions {
  /** The most connections. A worker holds about one for each pass that it writes at the same time. */
  max?: number;
  applicationName?: string;
  /** Address of the same database without a pooler. */
  directUrl?: Secret | string | undefined;
  /** Certificate authorities, in PEM. */
  ca?: string | undefined;
  schemas?: Schemas;
  extraEndpoints?: readonly string[];
}

/** Opens the store that the settings name. */
export function openConfigured(
  config: Config,
  options: Pick<StoreOptions, 'max' | 'applicationName'> = {},
): Store {
  return openStore(config.DATABASE_URL!, {
    max: config.DATABASE_POOL,
    directUrl: config.DATABASE_DIRECT_URL,
    ca: config.DATABASE_CA,
    schemas: { data: config.DATA_SCHEMA, service: config.SERVICE_SCHEMA },
    extraEndpoints: config.EXTRA_ENDPOINTS,
    ...options,
  });
}

/** Opens a pool. It connects with the first query, so that a process can start while Postgres is down. */
export function openStore(databaseUrl: Secret | string, options: StoreOptions = {}): Store {
  const { max = 20, applicationName = 'kombo-sync', directUrl, ca, schemas = STANDARD_SCHEMAS } = options;
  const { extraEndpoints = [] } = options;
  const translate = translator(schemas);
  const open = (url: Secret | string) =>
    new Pool({
      address: readDatabaseUrl(typeof url === 'string' ? url : url.reveal(), ca),
      max,
      applicationName,
      translate,
    });
  const pool = open(databaseUrl);
  const direct = directUrl ? open(directUrl) : pool;
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await db.destroy();
    // Kysely only ends a pool that it has used itself.
    for (const one of new Set([pool, direct])) if (!one.ending) await one.end();
  };
  return { pool, direct, db, schemas, extraEndpoints, isPooled: () => pool.pooler.isThere, close };
}

/**
 * Runs `work` in a transaction on one connection, and repeats it if Postgres undoes it for another transaction. After
 * an error that is not from the server, the connection is closed, because the server's answer may still arrive on it.
 */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return again(() => attempt(pool, work));
}

/** The same with Kysely: `work` uses the store that it gets. If a transaction is open already, it runs in that one. */
export async function inTransaction<S extends Pick<Store, 'db'>, T>(
  store: S,
  work: (inside: S) => Promise<T>,
): Promise<T> {
  if (store.db.isTransaction) return work(store);
  return again(() => store.db.transaction().execute((db) => work({ ...store, db })));
}

async function attempt<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    if (isAnswer(error)) {
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
    } else broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Whether the connection is intact after this error: the server sent it, or our own code threw it. */
function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError || error instanceof SyncError;
}

/** A transaction whose statements may take long, because they read a whole table. */
export async function patiently<T>(pool: pg.Pool, work: (query: PatientQuery) => Promise<T>): Promise<T> {
  return transaction(pool, async (client) => {
    await client.query(`set local statement_timeout = '${PATIENT_TIMEOUT_MS}ms'`);
    return work((text, values = []) => {
      const config: pg.QueryConfig = { text, values: [...values], ...PATIENT };
      return client.query(config);
    });
  });
}

export type PatientQuery = <R extends pg.QueryResultRow = pg.QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<pg.QueryResult<R>>;

const PATIENT = { query_timeout: PATIENT_TIMEOUT_MS + 5_000 } as object;

/** The time by the database's clock, the one clock that all workers and the server share. */
export async function databaseTime(store: Pick<Store, 'pool'>): Promise<Date> {
  const { rows } = await store.pool.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]!.now;
}
