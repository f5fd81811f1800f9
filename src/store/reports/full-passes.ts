import { sql } from 'kysely';
import { ALL_MODELS, type EndpointSettings } from '../../domain/choice.ts';
import type { FullPasses } from '../../domain/schedule-health.ts';
import type { Store } from '../database.ts';
import { isChosenBy, joinOwed, settingsRead } from '../sql.ts';
import { IS_FAILING } from '../state/debts.ts';

/**
 * How old the full passes of each active integration are, in one statement: one look-up in an index for each endpoint. What the
 * tool does not offer and what is not chosen does not count; an integration that reads nothing is left out.
 */
export async function listFullPasses(
  store: Store,
  settings: EndpointSettings = ALL_MODELS,
): Promise<FullPasses[]> {
  const { rows } = await sql<FullPasses>`
    select i.id, i.status_since as "activeSince",
      case when bool_and(whole.started_at is not null) then min(whole.started_at) end as "startedAt",
      case when bool_and(whole.finished_at is not null) then min(whole.finished_at) end as "finishedAt",
      exists (select from kombo_sync.debts d where d.integration_id = i.id and d.kind in ('full', 'sweep')
        and ${sql.raw(IS_FAILING)}) as failing
    from kombo_sync.integrations i
    join ${settingsRead(settings)} on e.category = i.category and e.model <> all(i.unavailable_models)
      and ${sql.raw(isChosenBy('i'))}
    ${sql.raw(joinOwed('i.id'))}
    left join lateral (
      select p.started_at, p.finished_at from kombo_sync.passes p
      where p.integration_id = i.id and p.endpoint = e.path and p.state = 'completed' and p.updated_after is null
      order by p.started_at desc limit 1) whole on true
    where i.status = 'active' and not owed.refused
    group by i.id, i.status_since`.execute(store.db);
  return rows;
}
