import { sql } from 'kysely';
import { selectEndpoints, type Choice, type EndpointSettings } from '../../domain/choice.ts';
import type { CutoverFacts, EndpointFacts, LegacySync } from '../../domain/cutover.ts';
import { LEGACY_TYPES } from '../../domain/deliveries.ts';
import type { Store } from '../database.ts';
import { IS_FAILING } from '../state/debts.ts';
import { isChosenBy, joinState, settingsRead } from '../sql.ts';

interface CutoverQuery {
  id?: string | undefined;
  /** How many of the last changes by legacy webhooks. */
  syncs: number;
  /** How much later a data-changed may come than the sync-finished for the same change. It may also come before it. */
  graceMs: number;
  settings: EndpointSettings;
}

/** The facts of each integration that is not removed, in order of ids; the schedule comes from Temporal. */
export async function readCutoverFacts(
  store: Store,
  query: CutoverQuery,
): Promise<Omit<CutoverFacts, 'schedule'>[]> {
  const [integrations, endpoints] = await Promise.all([
    store.pool.query<IntegrationRow>(INTEGRATIONS, [query.id ?? null, query.syncs, query.graceMs]),
    sql<EndpointRow>`${readOf(query.id ?? null, query.settings)}`.execute(store.db),
  ]);
  const byIntegration = Map.groupBy(endpoints.rows, (row) => row.integration_id);
  return integrations.rows.map(({ legacySyncs, models, excludeModels, ...integration }) => ({
    ...integration,
    notChosen: selectEndpoints({ ...integration, models, excludeModels }, query.settings).notChosen,
    legacySyncs: legacySyncs.map((sync) => ({ ...sync, at: new Date(sync.at) })),
    endpoints: (byIntegration.get(integration.integrationId) ?? []).map(toEndpoint),
  }));
}

type IntegrationRow = Choice &
  Omit<CutoverFacts, 'endpoints' | 'notChosen' | 'schedule' | 'legacySyncs'> & {
    legacySyncs: (Omit<LegacySync, 'at'> & { at: string })[];
  };

const LEGACY = `(${LEGACY_TYPES.map((type) => `'${type}'`).join(', ')})`;

const hasChanged = (syncId: string) => `exists (
  select from kombo_sync.passes p
  where p.sync_id = ${syncId} and p.integration_id = i.id and p.created + p.updated + p.deleted + p.restored > 0)`;

/** $1 id or null · $2 syncs · $3 milliseconds of grace */
const INTEGRATIONS = `
select i.id as "integrationId", i.category, i.status, i.status_reason as "statusReason",
  i.models, i.exclude_models as "excludeModels",
  coalesce(legacy.syncs, '[]') as "legacySyncs", came."lastLegacyAt", came."lastDataChangedAt",
  looked.last_at as "lastLegacySyncAt"
from kombo_sync.integrations i
cross join lateral (
  select max(last_at) filter (where type in ${LEGACY}) as "lastLegacyAt",
    max(last_at) filter (where type = 'data-changed') as "lastDataChangedAt"
  from (
    select type, last_at from kombo_sync.sync_deliveries where integration_id = i.id
    union all
    select type, last_at from kombo_sync.deliveries where integration_id = i.id
  ) seen
) came
left join lateral (
  select d.last_at from kombo_sync.sync_deliveries d
  where d.integration_id = i.id and d.type in ${LEGACY} and (d.read or exists (
    select from kombo_sync.passes p
    where p.sync_id = d.sync_id and p.integration_id = i.id and p.state = 'completed'))
  order by d.last_at desc limit 1
) looked on true
cross join lateral (
  -- A data-changed must report the findings of a legacy sync in that sync or later: changes reported before it were read
  -- before it. If it found nothing because data-changed had just brought the changes, that counts too.
  select jsonb_agg(jsonb_build_object('syncId', s.sync_id, 'at', s.last_at, 'confirmed', not s.changed or s.told) order by s.last_at desc) as syncs
  from (
    select d.sync_id, d.last_at, c.changed,
      exists (
        select from kombo_sync.sync_deliveries told
        where told.integration_id = i.id and told.type = 'data-changed' and (
          told.sync_id = d.sync_id
          or told.last_at >= d.first_at and told.first_at <= d.last_at + $3::float8 * interval '1 millisecond')
      ) as told
    from (
      select sync_id, min(first_at) as first_at, max(last_at) as last_at from kombo_sync.sync_deliveries
      where integration_id = i.id and type in ${LEGACY} group by sync_id
    ) d
    cross join lateral (select ${hasChanged('d.sync_id')} as changed) c
    where c.changed or exists (
      select from kombo_sync.sync_deliveries before
      where before.integration_id = i.id and before.type = 'data-changed' and before.sync_id <> d.sync_id
        and before.last_at >= d.first_at - $3::float8 * interval '1 millisecond' and before.first_at <= d.last_at
        and ${hasChanged('before.sync_id')})
    order by d.last_at desc
    limit $2::int
  ) s
) legacy
where i.status <> 'removed' and ($1::text is null or i.id = $1::text)
order by i.id`;

interface EndpointRow {
  integration_id: string;
  endpoint: string;
  watermark: Date | null;
  last_full: Date | null;
  failing: boolean;
  failure_message: string | null;
  needs_attention: boolean | null;
  drift: EndpointFacts['drift'];
}

/**
 * What you have not chosen and what the tool does not offer are left out. What is owed is put together once, since there is
 * little of it.
 */
const readOf = (id: string | null, settings: EndpointSettings) => sql`
with owed as (
  select integration_id, endpoint, bool_or(failure_class = 'EndpointDisabled') as refused,
    (array_agg(failure_message order by needs_attention desc, failing_since) filter (where ${sql.raw(IS_FAILING)}))[1] as failure_message,
    (array_agg(needs_attention order by needs_attention desc, failing_since) filter (where ${sql.raw(IS_FAILING)}))[1] as needs_attention
  from kombo_sync.debts where ${id}::text is null or integration_id = ${id}
  group by integration_id, endpoint
)
select i.id as integration_id, e.path as endpoint, state.watermark_at as watermark, state.last_full_at as last_full,
  owed.failure_message is not null as failing, owed.failure_message, owed.needs_attention, state.drift
from kombo_sync.integrations i
join ${settingsRead(settings)} on e.category = i.category and e.model <> all(i.unavailable_models)
  and ${sql.raw(isChosenBy('i'))}
${sql.raw(joinState('i.id'))}
left join owed on owed.integration_id = i.id and owed.endpoint = e.path
where i.status <> 'removed' and (${id}::text is null or i.id = ${id}) and owed.refused is not true
order by i.id, e.path`;

function toEndpoint(row: EndpointRow): EndpointFacts {
  return {
    endpoint: row.endpoint,
    watermark: row.watermark,
    lastFull: row.last_full,
    failure: row.failing
      ? { message: row.failure_message ?? 'it fails', needsAttention: row.needs_attention ?? false }
      : null,
    drift: row.drift,
  };
}

/** How many legacy webhooks came, and how they were handled. */
export interface LegacyTotals {
  times: number;
  types: string[];
  lastSeenAt: Date | null;
  /** When the first one was ignored; null if none was. */
  ignoredSince: Date | null;
  /** The newest one was answered but ignored: LEGACY_WEBHOOKS is off at the process that receives webhooks. */
  ignored: boolean;
}

export async function legacyTotals(store: Store, id?: string): Promise<LegacyTotals> {
  const { rows } = await sql<LegacyTotals>`
    select coalesce(sum(times), 0)::float8 as times,
      coalesce(array_agg(distinct type order by type), '{}') as types, max(last_at) as "lastSeenAt",
      min(first_at) filter (where outcome = 'legacy-off') as "ignoredSince",
      coalesce((array_agg(outcome order by last_at desc))[1] = 'legacy-off', false) as ignored
    from kombo_sync.deliveries
    where type in ${sql.raw(LEGACY)} and (${id ?? null}::text is null or integration_id = ${id ?? null})`.execute(
    store.db,
  );
  return rows[0]!;
}
