import { sql } from 'kysely';
import { ALL_MODELS, type EndpointSettings } from '../../domain/choice.ts';
import type { FullPasses } from '../../domain/schedule-health.ts';
import type { Store } from '../database.ts';
import { isChosenBy, joinState, settingsRead } from '../sql.ts';
import { IS_FAILING } from '../state/debts.ts';

/**
 * How old the full passes of each active integration are, from the states of its endpoints. What the tool does not offer and what
 * is not chosen does not count; an integration that reads nothing is left out. What is owed is put together once, since there is
 * little of it.
 */
export async function listFullPasses(
  store: Store,
  settings: EndpointSettings = ALL_MODELS,
): Promise<FullPasses[]> {
  const { rows } = await sql<FullPasses>`
    with refused as (
      select distinct integration_id, endpoint from kombo_sync.debts where failure_class = 'EndpointDisabled'
    ), failing as (
      select distinct integration_id from kombo_sync.debts where kind in ('full', 'sweep') and ${sql.raw(IS_FAILING)}
    )
    select i.id, i.status_since as "activeSince",
      case when bool_and(state.last_full_at is not null) then min(state.last_full_at) end as "startedAt",
      case when bool_and(state.last_full_ended_at is not null) then min(state.last_full_ended_at) end as "finishedAt",
      i.id in (select integration_id from failing) as failing
    from kombo_sync.integrations i
    join ${settingsRead(settings)} on e.category = i.category and e.model <> all(i.unavailable_models)
      and ${sql.raw(isChosenBy('i'))}
    ${sql.raw(joinState('i.id'))}
    where i.status = 'active'
      and not exists (select from refused r where r.integration_id = i.id and r.endpoint = e.path)
    group by i.id, i.status_since`.execute(store.db);
  return rows;
}
