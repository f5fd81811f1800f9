import { sql } from 'kysely';
import type { Store } from '../database.ts';

/** What became of a request that names a key. */
export type Claim =
  /** It is the first one, and must be answered or released with this fence. */
  | { kind: 'first'; fence: string }
  | { kind: 'answered'; status: number; body: string }
  /** The first one is still under way. */
  | { kind: 'running' }
  /** The key belongs to another request. */
  | { kind: 'other' };

/** Longer than any act takes: after this, the process that had the key is taken to be gone. */
const ABANDONED_MS = 5 * 60_000;

/**
 * Takes a key for a request, or says what has become of the one that has it. A key whose request never was answered can be
 * taken over by the same request, and a key that is a day old by any request.
 */
export async function claimKey(
  store: Store,
  key: string,
  request: string,
  integrationId: string | null = null,
): Promise<Claim> {
  const claimed = await sql<{ fence: string }>`
    insert into kombo_sync.idempotency_keys as known (key, request, integration_id)
      values (${key}, ${request}, ${integrationId})
    on conflict (key) do update
      set request = excluded.request, integration_id = excluded.integration_id, status = null, body = null, created_at = clock_timestamp()
      where known.created_at < now() - interval '1 day'
        or (known.status is null and known.request = excluded.request
          and known.created_at < now() - ${ABANDONED_MS} * interval '1 millisecond')
    returning created_at::text as fence`.execute(store.db);
  if (claimed.rows[0]) return { kind: 'first', fence: claimed.rows[0].fence };
  const known = await store.db
    .selectFrom('kombo_sync.idempotency_keys')
    .select(['request', 'status', 'body'])
    .where('key', '=', key)
    .executeTakeFirst();
  // It was there a moment ago, so it has just been released.
  if (!known) return { kind: 'running' };
  if (known.request !== request) return { kind: 'other' };
  if (known.status === null) return { kind: 'running' };
  return { kind: 'answered', status: known.status, body: known.body ?? '' };
}

/** Keeps the answer. One whose key was taken over meanwhile is not kept. */
export async function answerKey(
  store: Store,
  key: string,
  fence: string,
  answer: { status: number; body: string },
): Promise<void> {
  await sql`
    update kombo_sync.idempotency_keys set status = ${answer.status}, body = ${answer.body}
    where key = ${key} and created_at = ${fence}::timestamptz and status is null`.execute(store.db);
}

/** Gives the key back: the request was not done, and repeating it tries again. */
export async function releaseKey(store: Store, key: string, fence: string): Promise<void> {
  await sql`
    delete from kombo_sync.idempotency_keys
    where key = ${key} and created_at = ${fence}::timestamptz and status is null`.execute(store.db);
}
