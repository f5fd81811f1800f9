import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Secret } from '../secret.ts';
import type { Database } from './schema.ts';

const INT8_OID = 20;

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
  const pool = new pg.Pool({
    connectionString: typeof databaseUrl === 'string' ? databaseUrl : databaseUrl.reveal(),
    max: options.max ?? 20,
    application_name: options.applicationName ?? 'kombo-sync',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 120_000,
    types: { getTypeParser },
  });
  // An idle connection that the server closes is reported here; without a listener it would end the process.
  pool.on('error', () => {});
  // The pool does not listen to a connection while somebody uses it. What is asked of it then fails, which is all to know.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await db.destroy();
    // Kysely only ends a pool that it has used itself.
    if (!pool.ending) await pool.end();
  };
  return { pool, db, close };
}

/** Runs `work` in a transaction on one connection. A connection whose rollback fails is thrown away. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Large integers come as numbers while they are safe ones, else as text. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  const parse: (id: number, form?: 'text' | 'binary') => (text: string) => unknown = pg.types.getTypeParser;
  if (oid !== INT8_OID) return parse(oid, format);
  return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
}
