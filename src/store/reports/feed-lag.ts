import type { Store } from '../database.ts';

/** Seconds for which the oldest change that is committed has waited for an open transaction before it; 0 if none waits. */
export async function readFeedLag(store: Store): Promise<number> {
  const { rows } = await store.pool.query<{ seconds: number }>(
    `select coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::float8 as seconds
     from kombo_sync.changes where seq > kombo_sync.changes_horizon()`,
  );
  return Math.max(0, rows[0]!.seconds);
}
