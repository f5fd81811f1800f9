import { sql } from 'kysely';
import { ALL_MODELS, type EndpointSettings } from '../../domain/choice.ts';
import type { Store } from '../database.ts';
import { storedEndpoints } from '../state/extra-endpoints.ts';
import { endpointsRead, isChosenBy, settingsRead } from '../sql.ts';

/** SQL for whether integration `i` reads endpoint `e`. */
const READS = `i.status = 'active' and i.category = e.category and e.model <> all(i.unavailable_models) and ${isChosenBy('i')}`;

/** SQL for whether the tool has not said that it does not offer endpoint `e` of integration `i`. */
const IS_OFFERED = `not exists (
  select from kombo_sync.debts r
  where r.integration_id = i.id and r.endpoint = e.path and r.failure_class = 'EndpointDisabled')`;

/** Paths that the settings leave out. There are few or none: to look for those they allow takes twice as long. */
async function notRead({ pool }: Store, settings: EndpointSettings): Promise<string[]> {
  const read = new Set(endpointsRead(settings).map(({ path }) => path));
  return (await storedEndpoints(pool)).map(({ path }) => path).filter((path) => !read.has(path));
}

/**
 * Age of the oldest watermark of any active integration, in seconds by category. What was never read is as old as its integration.
 *
 * The oldest watermark of an endpoint is the first one in an index that counts, so that part costs what is owed and how
 * many integrations are not read. To find those that were never read takes one step into an index for each integration.
 */
export async function oldestWatermarks(
  store: Store,
  settings: EndpointSettings = ALL_MODELS,
): Promise<Map<string, number>> {
  const read = settingsRead(settings);
  const leftOut = await notRead(store, settings);
  const { rows } = await sql<{ category: string; seconds: number }>`
    with unread as materialized (
      select i.id from kombo_sync.integrations i
      where i.status = 'active' and not exists (
        select from kombo_sync.endpoint_states s
        where s.integration_id = i.id and s.watermark_at is not null and s.endpoint <> all(${leftOut}::text[]))
    )
    select category, extract(epoch from now() - min(at))::float8 as seconds
    from (
      select e.category, oldest.at
      from ${read}
      cross join lateral (
        select s.watermark_at as at from kombo_sync.endpoint_states s
        join kombo_sync.integrations i on i.id = s.integration_id
        where s.endpoint = e.path and s.watermark_at is not null and ${sql.raw(READS)} and ${sql.raw(IS_OFFERED)}
        order by s.watermark_at limit 1) oldest
      union all
      select i.category, least(d.since, case when s.watermark_at is null then i.created_at end)
      from kombo_sync.debts d
      join kombo_sync.integrations i on i.id = d.integration_id
      join ${read} on e.path = d.endpoint and ${sql.raw(READS)}
      left join kombo_sync.endpoint_states s on s.integration_id = d.integration_id and s.endpoint = d.endpoint
      where d.kind in ('delta', 'full') and ${sql.raw(IS_OFFERED)}
      union all
      select i.category, i.created_at
      from unread join kombo_sync.integrations i on i.id = unread.id
      where exists (select from ${read} where ${sql.raw(READS)} and ${sql.raw(IS_OFFERED)})
    ) moments
    group by category`.execute(store.db);
  return new Map(rows.map((row) => [row.category, Math.max(0, row.seconds)]));
}
