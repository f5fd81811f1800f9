import { sql } from 'kysely';
import { ALL_MODELS, type EndpointSettings } from '../../domain/choice.ts';
import type { Condition } from '../../domain/conditions.ts';
import type { Store } from '../database.ts';
import { isChosenBy, joinOwed, joinState, settingsRead } from '../sql.ts';
import { IS_FAILING } from '../state/debts.ts';
import { IS_OPEN } from '../state/issues.ts';

/**
 * What is wrong and an index shows, however many integrations there are: reads that need you, parked integrations that need you,
 * open issues, and the newest sweeps and drift reports of an endpoint if they stopped or say that something was missed.
 */
export async function listConditions({ db }: Pick<Store, 'db'>): Promise<Condition[]> {
  const { rows } = await sql<Condition>`
    select 'needs_you' as kind, d.integration_id as key, d.integration_id as "integrationId",
      min(d.failure_class) as code, min(d.failing_since) as since
    from kombo_sync.debts d join kombo_sync.integrations i on i.id = d.integration_id and i.status = 'active'
    where ${sql.raw(IS_FAILING)} and d.needs_attention
    group by d.integration_id
    union all
    select 'parked', id, id, status_code, status_since from kombo_sync.integrations
    where status = 'parked' and needs_attention
    union all
    select 'issue', i.issue_id, i.integration_id, i.type, i.first_observed_at
    from kombo_sync.issues i where ${sql.raw(IS_OPEN)}
    union all
    select 'sweep_stopped', p.integration_id, p.integration_id, null, min(p.finished_at)
    from kombo_sync.passes p join kombo_sync.integrations i on i.id = p.integration_id and i.status = 'active'
    where p.sweep_state = 'stopped' and p.finished_at is not null and not exists (
      select from kombo_sync.passes n
      where n.integration_id = p.integration_id and n.endpoint = p.endpoint and n.state = 'completed'
        and n.updated_after is null and n.started_at > p.started_at)
    group by p.integration_id
    union all
    select 'drift', d.integration_id, d.integration_id, null, min(d.at)
    from kombo_sync.drift d join kombo_sync.integrations i on i.id = d.integration_id and i.status = 'active'
    where d.verdict = 'unexpected' and not exists (
      select from kombo_sync.drift n
      where n.integration_id = d.integration_id and n.endpoint = d.endpoint and (n.at, n.pass_id) > (d.at, d.pass_id))
    group by d.integration_id`.execute(db);
  return rows;
}

/** Active integrations whose copy is older than `staleMs`. One look-up in an index for each endpoint of each integration. */
export async function listStale(
  { db }: Pick<Store, 'db'>,
  staleMs: number,
  settings: EndpointSettings = ALL_MODELS,
): Promise<Condition[]> {
  const { rows } = await sql<Condition>`
    select 'stale' as kind, i.id as key, i.id as "integrationId", null as code,
      min(least(coalesce(state.watermark_at, i.created_at), owed.since)) as since
    from kombo_sync.integrations i
    join ${settingsRead(settings)} on e.category = i.category and e.model <> all(i.unavailable_models)
      and ${sql.raw(isChosenBy('i'))}
    ${sql.raw(joinOwed('i.id'))}
    ${sql.raw(joinState('i.id'))}
    where i.status = 'active' and not owed.refused
    group by i.id
    having min(least(coalesce(state.watermark_at, i.created_at), owed.since))
      < now() - ${staleMs} * interval '1 millisecond'`.execute(db);
  return rows;
}

/** Consumers whose oldest unhandled change is older than `behindMs`. What their handlers failed with may hold parts of records. */
export async function listBehind({ db }: Pick<Store, 'db'>, behindMs: number): Promise<Condition[]> {
  const { rows } = await sql<Condition>`
    select 'consumer_behind' as kind, c.name as key, null as "integrationId", oldest.at as since,
      case when c.last_error is not null then 'failing'
        when coalesce(c.held_until, '-infinity') < clock_timestamp() then 'not_running' end as code
    from kombo_sync.consumers c
    cross join lateral (
      select at from kombo_sync.changes where seq > c.seq order by seq limit 1) oldest
    where oldest.at < clock_timestamp() - ${behindMs} * interval '1 millisecond'
    order by c.name limit 1000`.execute(db);
  return rows;
}
