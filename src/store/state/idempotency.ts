import { sql } from 'kysely';
import type { Store } from '../database.ts';

/** The state of a request with an idempotency key. */
export type Claim =
  /** It is the first request with this key. Answer or release it with this fence. */
  | { kind: 'first'; fence: string }
  | { kind: 'answered'; status: number; body: string }
  /** The first request is still under way. */
  | { kind: 'running' }
  /** The key belongs to another request. */
  | { kind: 'other' };

/** Longer than any act takes. After this, the process that holds the key counts as gone. */
const ABANDONED_MS = 5 * 60_000;

/**
 * Claims a key for a request, or returns the state of the request that has it. The same request can take over a key
 * that was never answered. Any request can take over a key that is a day old.
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
  // The insert found the key, so it was released since then.
  if (!known) return { kind: 'running' };
  if (known.request !== request) return { kind: 'other' };
  if (known.status === null) return { kind: 'running' };
  return { kind: 'answered', status: known.status, body: known.body ?? '' };
}

/** Stores the answer, unless another request has taken over the key. */
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

/** Releases the key: the request was not done, so a repetition tries it again. */
export async function releaseKey(store: Store, key: string, fence: string): Promise<void> {
  await sql`
    delete from kombo_sync.idempotency_keys
    where key = ${key} and created_at = ${fence}::timestamptz and status is null`.execute(store.db);
}
