import type { Store } from '../database.ts';
import type { UnknownIntegration } from '../reports/unknown.ts';
import { microseconds, momentOf } from '../moments.ts';

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
