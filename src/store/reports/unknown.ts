import { sql } from 'kysely';
import type { Store } from '../database.ts';

/** Kombo does not know an integration that a webhook named, and neither do we. */
export async function noteUnknown(store: Store, id: string): Promise<void> {
  await store.db
    .insertInto('kombo_sync.unknown_integrations')
    .values({ integration_id: id })
    .onConflict((conflict) =>
      conflict.column('integration_id').doUpdateSet({
        times: sql<number>`unknown_integrations.times + 1`,
        last_seen_at: sql<Date>`now()`,
      }),
    )
    .execute();
}

export async function forgetUnknown(store: Store, id: string): Promise<void> {
  await store.db.deleteFrom('kombo_sync.unknown_integrations').where('integration_id', '=', id).execute();
}

export interface UnknownIntegration {
  id: string;
  times: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

export async function listUnknown(store: Store, limit = 100): Promise<UnknownIntegration[]> {
  const rows = await store.db
    .selectFrom('kombo_sync.unknown_integrations')
    .selectAll()
    .orderBy('last_seen_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.integration_id,
    times: row.times,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
  }));
}
