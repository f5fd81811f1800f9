import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Store } from '../database.ts';
import type { Pool } from '../pool.ts';
import { configure } from '../connection.ts';
import { DatabaseProblem } from './problem.ts';

const POLL_MS = 200;
const KEY_SEED = 7_105_001;

export interface LockWait {
  /** After this time, `say` names the process that holds the lock. */
  sayAfterMs?: number;
  giveUpAfterMs?: number;
  say?: (text: string) => void;
}

/**
 * Does `work` while no other process migrates. A direct connection holds the lock and does the work too, because a role
 * may have only one connection. Behind a pooler a session cannot hold a lock, so a transaction that stays open holds
 * it.
 */
export async function withMigrationLock<T>(
  { direct, schemas }: Store,
  wait: LockWait,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await direct.connect();
  try {
    await configure(client, UNBOUNDED);
    await acquire(direct, client, schemas.service, wait);
    return direct.pooler.isThere ? await besides(direct, work) : await work(client);
  } finally {
    // Closing the connection releases the lock.
    client.release(true);
  }
}

/**
 * Steps may take long. But while a step waits for a lock, other statements queue behind it, so that wait is bounded.
 */
const UNBOUNDED = { statement_timeout: '0', idle_in_transaction_session_timeout: '0', lock_timeout: '10s' };

async function besides<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await configure(client, UNBOUNDED);
    return await work(client);
  } finally {
    client.release(true);
  }
}

async function acquire(pool: Pool, client: pg.ClientBase, service: string, wait: LockWait): Promise<void> {
  const { sayAfterMs = 5_000, giveUpAfterMs = 10 * 60_000, say = () => {} } = wait;
  const began = performance.now();
  const isPooled = pool.pooler.isThere;
  const take = `select pg_try_advisory${isPooled ? '_xact' : ''}_lock(hashtextextended($1, ${KEY_SEED})) as taken`;
  let said: string | undefined;
  for (;;) {
    if (isPooled) await client.query('begin');
    const { rows } = await client.query<{ taken: boolean }>(take, [service]);
    if (rows[0]!.taken) return;
    // A pooler has few connections, and the process that migrates needs a second one.
    if (isPooled) await client.query('rollback');
    const waitedMs = performance.now() - began;
    if (waitedMs >= sayAfterMs) {
      const holder = await findHolder(client, service);
      if (waitedMs >= giveUpAfterMs) throw giveUp(holder, waitedMs);
      const text = holder && `Waiting for another migration: ${holder.description}.`;
      if (text && text !== said) say(text);
      said = text;
    }
    await delay(POLL_MS);
  }
}

interface Holder {
  pid: number;
  description: string;
}

/** Postgres shows less about sessions of other roles. */
async function findHolder(client: pg.ClientBase, service: string): Promise<Holder | undefined> {
  const { rows } = await client.query<{ pid: number; role: string; name: string | null; since: Date | null }>(
    `select a.pid, a.usename::text as role, nullif(a.application_name, '') as name, a.backend_start as since
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
       and l.database = (select oid from pg_database where datname = current_database())
       and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended($1, ${KEY_SEED})`,
    [service],
  );
  const [found] = rows;
  if (!found) return undefined;
  const { pid, role, name, since } = found;
  const details = [
    `role ${role}`,
    ...(name ? [name] : []),
    ...(since ? [`since ${since.toISOString()}`] : []),
  ];
  return { pid, description: `process ${pid} of Postgres (${details.join(', ')})` };
}

/** A prepared transaction may hold the lock too, and it has no process. */
function giveUp(holder: Holder | undefined, waitedMs: number): DatabaseProblem {
  const seconds = Math.round(waitedMs / 1_000);
  if (!holder) {
    return new DatabaseProblem(
      `The migration lock was not free for ${seconds} s, and no session seems to hold it.`,
      "Find the session or prepared transaction that holds it and end it, then try again: select * from pg_locks where locktype = 'advisory'; select * from pg_prepared_xacts;",
    );
  }
  return new DatabaseProblem(
    `Another migration has held the lock for ${seconds} s: ${holder.description}.`,
    `If it hangs, end it, then try again: select pg_terminate_backend(${holder.pid});`,
  );
}
