import { sql } from 'kysely';
import type { Store } from '../database.ts';

/** Opens a session of the status page, and deletes ended ones. All `serve` processes share them. */
export async function openSession(store: Store, hash: string, seconds: number): Promise<void> {
  const endsAt = sql<Date>`now() + ${seconds} * interval '1 second'`;
  await store.db
    .deleteFrom('kombo_sync.sessions')
    .where('ends_at', '<=', sql<Date>`now()`)
    .execute();
  await store.db.insertInto('kombo_sync.sessions').values({ hash, ends_at: endsAt }).execute();
}

/** Which of these sessions is open. */
export async function openSessionOf(store: Store, hashes: readonly string[]): Promise<string | undefined> {
  if (hashes.length === 0) return undefined;
  const found = await store.db
    .selectFrom('kombo_sync.sessions')
    .select('hash')
    .where('hash', 'in', hashes)
    .where('ends_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return found?.hash;
}

export async function endSession(store: Store, hash: string): Promise<void> {
  await store.db.deleteFrom('kombo_sync.sessions').where('hash', '=', hash).execute();
}
