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

export async function isSessionOpen(store: Store, hash: string): Promise<boolean> {
  const found = await store.db
    .selectFrom('kombo_sync.sessions')
    .select('hash')
    .where('hash', '=', hash)
    .where('ends_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return found !== undefined;
}

export async function endSession(store: Store, hash: string): Promise<void> {
  await store.db.deleteFrom('kombo_sync.sessions').where('hash', '=', hash).execute();
}
