import { sql } from 'kysely';
import type { Store } from '../database.ts';
import { microseconds, momentOf } from '../sql.ts';

export type UnknownKey = readonly [lastSeenAt: number, id: string];

/** Integrations that webhooks named and that Kombo does not know, the last one named first. */
export async function pageUnknown(
  store: Store,
  options: { after?: UnknownKey | undefined; limit: number },
): Promise<{ integrations: UnknownIntegration[]; next: UnknownKey | null }> {
  const { after, limit } = options;
  const { rows } = await store.pool.query<UnknownIntegration & { at: number }>(
    `select integration_id as id, times, first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt",
       ${microseconds('last_seen_at')} as at
     from kombo_sync.unknown_integrations
     where $1::bigint is null or (last_seen_at, integration_id) < (${momentOf('$1')}, $2)
     order by last_seen_at desc, integration_id desc
     limit $3`,
    [after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    integrations: page.map(({ at: _at, ...integration }) => integration),
    next: last && rows.length > limit ? [last.at, last.id] : null,
  };
}

export async function countUnknown(store: Store): Promise<number> {
  const { rows } = await store.pool.query<{ count: number }>(
    'select count(*)::int as count from kombo_sync.unknown_integrations',
  );
  return rows[0]!.count;
}

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
