import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { SyncError } from '../domain/errors.ts';
import type { Secret } from '../secret.ts';
import type { Database } from './schema.ts';

const INT8_OID = 20;

/** A statement for a page takes milliseconds; what is known to take longer says so itself (`patiently`). */
const STATEMENT_TIMEOUT_MS = 30_000;
const PATIENT_TIMEOUT_MS = 10 * 60_000;

/**
 * What every session depends on, set after connecting: a pooler refuses most of it in the startup packet. A process that
 * freezes in a transaction, or whose network is gone, loses its locks after so long (invariant I26), and nothing waits
 * longer than that for a lock.
 */
const SESSION = `set statement_timeout = '${STATEMENT_TIMEOUT_MS}ms'; set lock_timeout = '5s';
  set idle_in_transaction_session_timeout = '20s'`;

export interface Store {
  readonly pool: pg.Pool;
  readonly db: Kysely<Database>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Connections at most; a worker holds about one for each pass that it writes at the same time. */
  max?: number;
  applicationName?: string;
}

/** Opens a pool. Nothing is connected until the first query, so that a process starts while Postgres is down. */
export function openStore(databaseUrl: Secret | string, options: StoreOptions = {}): Store {
  const settings = {
    connectionString: typeof databaseUrl === 'string' ? databaseUrl : databaseUrl.reveal(),
    max: options.max ?? 20,
    application_name: options.applicationName ?? 'kombo-sync',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Where the server has vanished without a word, its own timeout cannot come.
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    types: { getTypeParser },
    // The pool waits for it.
    onConnect: (client: pg.ClientBase) => client.query(SESSION),
  };
  const pool = new pg.Pool(settings);
  // An idle connection that the server closes is reported here; without a listener it would end the process.
  pool.on('error', () => {});
  // The pool does not listen to a connection while it is in use. What is asked of it then fails, which is all to know.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await db.destroy();
    // Kysely only ends a pool that it has used itself.
    if (!pool.ending) await pool.end();
  };
  return { pool, db, close };
}

/**
 * Runs `work` in a transaction on one connection. A connection that may not be in order afterwards is thrown away: where it was
 * not the server that complained, its answer may still be on the way.
 */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
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

/** Whether an error leaves the connection as it should be: the server said it, or it is one of ours. */
function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError || error instanceof SyncError;
}

/** A transaction whose statements may take long, since they go over a whole table. */
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

/** Large integers come as numbers while they are safe ones, else as text. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  const parse: (id: number, form?: 'text' | 'binary') => (text: string) => unknown = pg.types.getTypeParser;
  if (oid !== INT8_OID) return parse(oid, format);
  return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
}

/** The present moment by the database's clock: of many workers and a server, the one clock that all can ask. */
export async function databaseTime(store: Pick<Store, 'pool'>): Promise<Date> {
  const { rows } = await store.pool.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]!.now;
}
