import { sql, type RawBuilder } from 'kysely';
import type { Store } from '../database.ts';
import { LIMIT, toListed, type Listed, type ListOptions } from '../listed.ts';
import { ALL_MODELS, selectEndpoints, type EndpointSettings, type NotChosen } from '../../domain/choice.ts';
import { none, type DriftVerdict } from '../../domain/counts.ts';
import { INTEGRATION_STATUSES, type IntegrationStatus } from '../../domain/life.ts';
import { LOOK_UP } from '../../domain/reads.ts';
import { IS_FAILING } from '../state/debts.ts';
import { toIntegration, type Integration } from '../state/integrations.ts';
import { isChosenBy, joinOwed, joinState, settingsRead } from '../sql.ts';

/** An integration and how fresh its copy is. */
export interface IntegrationOverview extends Integration {
  /**
   * Everything up to here is in Postgres: the oldest of the watermarks and debts of its endpoints. Null while one was
   * never read.
   */
  freshAsOf: Date | null;
  /** Endpoints that do not count for it, because the tool does not offer them. */
  notOffered: string[];
  /** Endpoints that you have not chosen. They do not count either. */
  notChosen: NotChosen[];
  /** None of its endpoints is chosen, so nothing can be fresh. */
  readsNothing: boolean;
  /** Endpoints whose last tries have failed. */
  failedEndpoints: string[];
  /** Of these, the ones that trying again has not helped. */
  endpointsNeedingAttention: string[];
  /** When the first of the failing endpoints is tried again by itself. */
  nextTryAt: Date | null;
  runningPasses: number;
  /** Records that the running passes have read so far. */
  runningRecords: number;
  runningSince: Date | null;
  /** A full pass is among the running ones. */
  runningFull: boolean;
  lastSyncAt: Date | null;
  /** Each endpoint was read in full since then or later. Null while one never was. */
  lastFullAt: Date | null;
  /** Live rows in all its tables. */
  liveRows: number;
  /** Drift verdict of the newest full sync, over all endpoints. Null if there was nothing to compare yet. */
  drift: DriftVerdict | null;
}

export interface OverviewFilter {
  /** Part of an id, your own id of the customer, an organization's name or a tool, in any case. */
  search?: string | undefined;
  status?: IntegrationStatus | undefined;
  category?: string | undefined;
  /** Only active integrations with a failing endpoint: nothing is tried for the others. */
  failing?: boolean | undefined;
  id?: string | undefined;
}

/**
 * A page of integrations in order of their ids, with how fresh they are. Freshness comes from completed passes
 * (invariant I18). One statement reads the page, with two index look-ups for each endpoint of each integration on it, for
 * any length of the history and any number of integrations.
 */
export async function listOverview(
  store: Store,
  options: OverviewFilter & ListOptions<string>,
  settings: EndpointSettings = ALL_MODELS,
): Promise<Listed<IntegrationOverview, string>> {
  const { search, status = null, category = null, failing: onlyFailing = false, id = null } = options;
  const { after = '', limit = LIMIT } = options;
  const { rows } = await sql<Row>`
    with page as (
      select * from kombo_sync.integrations i
      where i.id > ${after}
        and (${id}::text is null or i.id = ${id})
        and (${status}::text is null or i.status = ${status})
        and (${category}::text is null or i.category = ${category})
        and ${matches(search)}
        and (not ${onlyFailing}::boolean or i.status = 'active' and exists (
          select from kombo_sync.debts where integration_id = i.id and ${isFailing}))
      order by i.id
      limit ${limit + 1}
    )
    select page.*, reads.*, failing.*, running.*, counted.*, repaired.*
    from page
    cross join lateral (${reads(settings)}) reads
    cross join lateral (${failing(settings)}) failing
    cross join lateral (${running}) running
    cross join lateral (${counted}) counted
    cross join lateral (${repaired}) repaired
    order by page.id`.execute(store.db);
  return toListed(
    rows,
    limit,
    (row) => toOverview(row, settings),
    ({ id }) => id,
  );
}

/** One integration and how fresh it is, or undefined. */
export async function findOverview(
  store: Store,
  id: string,
  settings: EndpointSettings = ALL_MODELS,
): Promise<IntegrationOverview | undefined> {
  const { entries } = await listOverview(store, { id, limit: 1 }, settings);
  return entries[0];
}

export interface OverviewCounts {
  total: number;
  byStatus: Record<IntegrationStatus, number>;
  /** Active ones with a failing endpoint. */
  failing: number;
}

/** How many integrations `listOverview` would find for a search: by status, and how many fail. */
export async function countOverview(
  store: Store,
  filter: Pick<OverviewFilter, 'search' | 'category'> = {},
): Promise<OverviewCounts> {
  const { search, category = null } = filter;
  const { rows } = await sql<{ status: IntegrationStatus; count: number; failing: number }>`
    select i.status, count(*)::int as count, count(f.integration_id)::int as failing
    from kombo_sync.integrations i
    left join (select distinct integration_id from kombo_sync.debts where ${isFailing}) f
      on f.integration_id = i.id and i.status = 'active'
    where (${category}::text is null or i.category = ${category}) and ${matches(search)}
    group by i.status`.execute(store.db);
  const sum = (name: 'count' | 'failing') => rows.reduce((total, row) => total + row[name], 0);
  return { total: sum('count'), byStatus: byStatus(rows), failing: sum('failing') };
}

function byStatus(rows: readonly { status: IntegrationStatus; count: number }[]): OverviewCounts['byStatus'] {
  const counts = none(INTEGRATION_STATUSES);
  for (const { status, count } of rows) counts[status] = count;
  return counts;
}

export interface Totals {
  byStatus: Record<IntegrationStatus, number>;
  /** Active integrations with a failing endpoint. */
  failing: number;
  failedEndpoints: number;
  endpointsNeedingAttention: number;
}

/** How many integrations there are, without looking at each. */
export async function readTotals(store: Store): Promise<Totals> {
  const { rows } = await sql<{ status: IntegrationStatus; count: number }>`
    select status, count(*)::int as count from kombo_sync.integrations group by status`.execute(store.db);
  const failures = await sql<{ integrations: number; endpoints: number; needing: number }>`
    select count(distinct integration_id)::int as integrations,
      count(distinct (integration_id, endpoint))::int as endpoints,
      count(distinct (integration_id, endpoint)) filter (where needs_attention)::int as needing
    from kombo_sync.debts
    where ${isFailing}
      and integration_id in (select id from kombo_sync.integrations where status = 'active')`.execute(
    store.db,
  );
  const { integrations, endpoints: failedEndpoints, needing } = failures.rows[0]!;
  return {
    byStatus: byStatus(rows),
    failing: integrations,
    failedEndpoints,
    endpointsNeedingAttention: needing,
  };
}

/*
 * The fields that an overview adds to an integration, with their SQL, and below them the lateral join of each group
 * that they come from.
 */

const READS = {
  freshAsOf: `case when bool_and(state.watermark_at is not null or owed.refused)
    then min(least(state.watermark_at, owed.since)) filter (where not owed.refused) end`,
  notOffered: `coalesce(array_agg(e.path order by e.path) filter (where owed.refused), '{}')`,
  lastSyncAt: 'max(newest.finished_at)',
  lastFullAt: `case when bool_and(state.last_full_at is not null or owed.refused)
    then min(state.last_full_at) filter (where not owed.refused) end`,
};

const reads = (settings: EndpointSettings) => sql`
  select ${columns(READS)}
  from ${settingsRead(settings)}
  ${sql.raw(joinOwed('page.id'))}
  ${sql.raw(joinState('page.id'))}
  left join lateral (
    select p.finished_at from kombo_sync.passes p
    where p.integration_id = page.id and p.endpoint = e.path
    order by p.started_at desc, p.id desc limit 1) newest on true
  where e.category = page.category and e.model <> all(page.unavailable_models) and ${sql.raw(isChosenBy('page'))}`;

const FAILING = {
  failedEndpoints: `coalesce(array_agg(distinct endpoint), '{}')`,
  endpointsNeedingAttention: `coalesce(array_agg(distinct endpoint) filter (where needs_attention), '{}')`,
  nextTryAt: 'min(due_at)',
};

const failing = (settings: EndpointSettings) => sql`
  select ${columns(FAILING)}
  from kombo_sync.debts
  where integration_id = page.id and ${isFailing} and (endpoint = ${LOOK_UP} or endpoint in (
    select e.path from ${settingsRead(settings)} where ${sql.raw(isChosenBy('page'))}))`;

const RUNNING = {
  runningPasses: `count(distinct endpoint) filter (where state = 'running')::int`,
  runningRecords: 'coalesce(sum(records), 0)::float8',
  runningSince: 'min(started_at)',
  runningFull: `coalesce(bool_or(kind = 'full') filter (where state = 'running'), false)`,
};

/** Covers everything that the running syncs have read, including endpoints that they have finished. */
const running = sql`
  select ${columns(RUNNING)}
  from kombo_sync.passes p
  where p.integration_id = page.id and p.sync_id = any(
    array(select r.sync_id from kombo_sync.passes r where r.integration_id = page.id and r.state = 'running'))`;

const COUNTED = {
  liveRows: 'greatest(coalesce(sum(live), 0), 0)::float8',
};

const counted = sql`
  select ${columns(COUNTED)}
  from kombo_sync.row_counts c
  where c.integration_id = page.id`;

const REPAIRED = {
  drift: `case when bool_or(verdict = 'unexpected') then 'unexpected' when bool_or(verdict = 'expected') then 'expected'
    when count(*) > 0 then 'none' end`,
};

/** Drift is found after its sync has begun, so only the newest rows have to be looked at. */
const repaired = sql`
  select ${columns(REPAIRED)}
  from (select sync_id from kombo_sync.drift l where l.integration_id = page.id order by at desc limit 1) newest
  join kombo_sync.drift d on d.sync_id = newest.sync_id
  where d.integration_id = page.id and d.at >= coalesce(
    (select min(started_at) from kombo_sync.passes p where p.sync_id = newest.sync_id), '-infinity')`;

type Added = Omit<IntegrationOverview, keyof Integration | 'notChosen' | 'readsNothing'>;

type Row = Parameters<typeof toIntegration>[0] & Added;

const ADDED = Object.keys({ ...READS, ...FAILING, ...RUNNING, ...COUNTED, ...REPAIRED } satisfies Record<
  keyof Added,
  string
>);

function columns(fields: Record<string, string>): RawBuilder<unknown> {
  return sql.raw(
    Object.entries(fields)
      .map(([name, expression]) => `${expression} as "${name}"`)
      .join(', '),
  );
}

function toOverview(row: Row, settings: EndpointSettings): IntegrationOverview {
  const added = Object.fromEntries(Object.entries(row).filter(([name]) => ADDED.includes(name)));
  const integration = toIntegration(row);
  const { notChosen, read } = selectEndpoints(integration, settings);
  const readsNothing = notChosen.length > 0 && read.length === 0;
  return { ...integration, notChosen, readsNothing, ...(added as unknown as Added) };
}

const isFailing = sql.raw(IS_FAILING);

/** SQL for whether an integration `i` matches a search. */
function matches(search: string | undefined): RawBuilder<unknown> {
  const pattern = search ? `%${search.replaceAll(/[\\%_]/g, '\\$&')}%` : null;
  return sql`(${pattern}::text is null or i.id ilike ${pattern} or i.organization_name ilike ${pattern}
    or i.origin_id ilike ${pattern} or i.tool ilike ${pattern})`;
}
