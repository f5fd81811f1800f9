import { sql } from 'kysely';
import type { Store } from '../database.ts';
import { LIMIT, toListed, type Listed, type ListOptions } from '../listed.ts';
import { microseconds, momentOf } from '../sql.ts';

export interface UnknownIntegration {
  id: string;
  times: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

export type UnknownKey = readonly [lastSeenAt: number, id: string];

/** Integrations that webhooks named but Kombo does not know; the one named last comes first. */
export async function listUnknown(
  store: Store,
  { after, limit = LIMIT }: ListOptions<UnknownKey>,
): Promise<Listed<UnknownIntegration, UnknownKey>> {
  const { rows } = await store.pool.query<UnknownIntegration & { at: number }>(
    `select integration_id as id, times, first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt",
       ${microseconds('last_seen_at')} as at
     from kombo_sync.unknown_integrations
     where $1::bigint is null or (last_seen_at, integration_id) < (${momentOf('$1')}, $2)
     order by last_seen_at desc, integration_id desc
     limit $3`,
    [after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  );
  return toListed(
    rows,
    limit,
    ({ at: _at, ...unknown }) => unknown,
    ({ at, id }): UnknownKey => [at, id],
  );
}

export async function countUnknown(store: Store): Promise<number> {
  const { rows } = await store.pool.query<{ count: number }>(
    'select count(*)::int as count from kombo_sync.unknown_integrations',
  );
  return rows[0]!.count;
}

/** Notes an integration that a webhook named and that neither Kombo nor our database knows. */
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
