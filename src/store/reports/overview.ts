import { sql } from 'kysely';
import type { Store } from '../database.ts';
import { LIMIT, toListed, type Listed, type ListOptions } from '../listed.ts';
import { none, type DriftVerdict } from '../../domain/counts.ts';
import { INTEGRATION_STATUSES, type IntegrationStatus } from '../../domain/life.ts';
import { LOOK_UP } from '../../domain/reads.ts';
import { IS_FAILING } from '../state/debts.ts';
import { toIntegration, type Integration } from '../state/integrations.ts';
import { joinComplete, joinOwed, joinWhole, readEndpoints } from '../sql.ts';

/** An integration with how fresh its copy is. */
export interface IntegrationOverview extends Integration {
  /**
   * Everything up to here is in Postgres: the oldest of what its endpoints are complete to, and of what is owed for them.
   * Null while one was never read.
   */
  freshAsOf: Date | null;
  /** Endpoints that do not count for that: the tool has said that it does not offer them. */
  notOffered: string[];
  /** Endpoints whose last tries have failed. */
  failedEndpoints: string[];
  /** Of these, the ones that trying again has not helped. */
  endpointsNeedingPerson: string[];
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
  /** Verdict of the newest full sync's drift, over all endpoints. Null before there was anything to compare. */
  drift: DriftVerdict | null;
}

export interface OverviewFilter {
  /** Part of an id, an organization's name or a tool, in any case. */
  search?: string | undefined;
  status?: IntegrationStatus | undefined;
  category?: string | undefined;
  /** Only active ones with a failing endpoint: nothing is tried for the others. */
  failing?: boolean | undefined;
  id?: string | undefined;
}

/**
 * Integrations in order of their ids, a page at a time, with how fresh they are. Freshness comes from completed passes
 * (invariant I18). One statement for the page: two index look-ups for each endpoint of each integration on it, however long
 * the history is and however many integrations there are.
 */
export async function listOverview(
  store: Store,
  options: OverviewFilter & ListOptions<string>,
  extraEndpoints: readonly string[] = [],
): Promise<Listed<IntegrationOverview, string>> {
  const { limit = LIMIT } = options;
  const [categories, paths, models] = readEndpoints(extraEndpoints);
  const { rows } = await store.pool.query<OverviewRow>(OVERVIEW, [
    categories,
    paths,
    likePattern(options.search),
    options.status ?? null,
    options.category ?? null,
    options.failing ?? false,
    options.id ?? null,
    options.after ?? '',
    limit + 1,
    models,
  ]);
  return toListed(rows, limit, toOverview, ({ id }) => id);
}

/** One integration with how fresh it is, or undefined. */
export async function findOverview(
  store: Store,
  id: string,
  extraEndpoints: readonly string[] = [],
): Promise<IntegrationOverview | undefined> {
  const { entries } = await listOverview(store, { id, limit: 1 }, extraEndpoints);
  return entries[0];
}

function likePattern(search: string | undefined): string | null {
  return search ? `%${search.replaceAll(/[\\%_]/g, '\\$&')}%` : null;
}

export interface OverviewCounts {
  total: number;
  byStatus: Record<IntegrationStatus, number>;
  /** Active ones with a failing endpoint. */
  failing: number;
}

/** How many integrations `listOverview` would find for a search, by status and failing ones. */
export async function countOverview(
  store: Store,
  filter: Pick<OverviewFilter, 'search' | 'category'> = {},
): Promise<OverviewCounts> {
  const { rows } = await store.pool.query<{ status: IntegrationStatus; count: number; failing: number }>(
    `select i.status, count(*)::int as count, count(f.integration_id)::int as failing
     from kombo_sync.integrations i
     left join (select distinct integration_id from kombo_sync.debts where ${IS_FAILING}) f
       on f.integration_id = i.id and i.status = 'active'
     where ($2::text is null or i.category = $2::text) and ${matches('$1')}
     group by i.status`,
    [likePattern(filter.search), filter.category ?? null],
  );
  const byStatus = none(INTEGRATION_STATUSES);
  for (const row of rows) byStatus[row.status] = row.count;
  const sum = (name: 'count' | 'failing') => rows.reduce((total, row) => total + row[name], 0);
  return { total: sum('count'), byStatus, failing: sum('failing') };
}

export interface Totals {
  byStatus: Record<IntegrationStatus, number>;
  /** Active integrations with a failing endpoint. */
  failing: number;
  failedEndpoints: number;
  endpointsNeedingPerson: number;
}

/** How many integrations there are, without looking at each. */
export async function readTotals(store: Store): Promise<Totals> {
  const { rows } = await sql<{ status: IntegrationStatus; count: number }>`
    select status, count(*)::int as count from kombo_sync.integrations group by status`.execute(store.db);
  const failing = await sql<{ integrations: number; endpoints: number; persons: number }>`
    select count(distinct integration_id)::int as integrations,
      count(distinct (integration_id, endpoint))::int as endpoints,
      count(distinct (integration_id, endpoint)) filter (where needs_person)::int as persons
    from kombo_sync.debts
    where ${sql.raw(IS_FAILING)}
      and integration_id in (select id from kombo_sync.integrations where status = 'active')`.execute(
    store.db,
  );
  const counted = failing.rows[0]!;
  return {
    byStatus: {
      ...none(INTEGRATION_STATUSES),
      ...Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    },
    failing: counted.integrations,
    failedEndpoints: counted.endpoints,
    endpointsNeedingPerson: counted.persons,
  };
}

/** Age of the oldest watermark of any active integration, in seconds by category. What was never read is as old as its integration. */
export async function oldestWatermarks(
  store: Store,
  extraEndpoints: readonly string[] = [],
): Promise<Map<string, number>> {
  const { rows } = await store.pool.query<{ category: string; seconds: number }>(
    `select i.category,
       extract(epoch from now() - min(least(coalesce(complete.watermark_at, i.created_at), owed.since)))::float8 as seconds
     from kombo_sync.integrations i
     join unnest($1::text[], $2::text[], $3::text[]) as e(category, path, model)
       on e.category = i.category and e.model <> all(i.unavailable_models)
     ${joinOwed('i.id')}
     ${joinComplete('i.id')}
     where i.status = 'active' and not owed.refused
     group by i.category`,
    readEndpoints(extraEndpoints),
  );
  return new Map(rows.map((row) => [row.category, Math.max(0, row.seconds)]));
}

type OverviewRow = Parameters<typeof toIntegration>[0] & Omit<IntegrationOverview, keyof Integration>;

/** Whether an integration `i` is one that a search is after. */
function matches(pattern: string): string {
  const columns = ['i.id', 'i.organization_name', 'i.tool'];
  return `(${pattern}::text is null or ${columns.map((name) => `${name} ilike ${pattern}::text`).join(' or ')})`;
}

/**
 * $1 categories and $2 paths of the endpoints that are read · $3 search · $4 status · $5 category · $6 failing · $7 id
 * · $8 after · $9 limit · $10 models of the endpoints
 */
const OVERVIEW = `
with page as (
  select * from kombo_sync.integrations i
  where i.id > $8::text
    and ($7::text is null or i.id = $7::text)
    and ($4::text is null or i.status = $4::text)
    and ($5::text is null or i.category = $5::text)
    and ${matches('$3')}
    and (not $6::boolean or i.status = 'active' and exists (
      select from kombo_sync.debts where integration_id = i.id and ${IS_FAILING}))
  order by i.id
  limit $9::int
)
select page.*, reads.*, failing.*, running.*, repaired.*
from page
cross join lateral (
  select
    case when bool_and(complete.watermark_at is not null or owed.refused)
      then min(least(complete.watermark_at, owed.since)) filter (where not owed.refused) end as "freshAsOf",
    coalesce(array_agg(e.path order by e.path) filter (where owed.refused), '{}') as "notOffered",
    max(newest.finished_at) as "lastSyncAt",
    case when bool_and(whole.started_at is not null or owed.refused)
      then min(whole.started_at) filter (where not owed.refused) end as "lastFullAt"
  from unnest($1::text[], $2::text[], $10::text[]) as e(category, path, model)
  ${joinOwed('page.id')}
  ${joinComplete('page.id')}
  left join lateral (
    select p.finished_at from kombo_sync.passes p
    where p.integration_id = page.id and p.endpoint = e.path
    order by p.started_at desc, p.id desc limit 1) newest on true
  ${joinWhole('page.id')}
  where e.category = page.category and e.model <> all(page.unavailable_models)
) reads
cross join lateral (
  select coalesce(array_agg(distinct endpoint), '{}') as "failedEndpoints",
    coalesce(array_agg(distinct endpoint) filter (where needs_person), '{}') as "endpointsNeedingPerson",
    min(due_at) as "nextTryAt"
  from kombo_sync.debts
  where integration_id = page.id and ${IS_FAILING} and (endpoint = '${LOOK_UP}' or endpoint = any($2::text[]))
) failing
cross join lateral (
  -- Of the syncs that run, also what they have read of endpoints that they are done with.
  select count(distinct endpoint) filter (where state = 'running')::int as "runningPasses",
    coalesce(sum(records), 0)::float8 as "runningRecords", min(started_at) as "runningSince",
    coalesce(bool_or(kind = 'full') filter (where state = 'running'), false) as "runningFull"
  from kombo_sync.passes p
  where p.integration_id = page.id and p.sync_id = any(
    array(select r.sync_id from kombo_sync.passes r where r.integration_id = page.id and r.state = 'running'))
) running
cross join lateral (
  select case when bool_or(verdict = 'unexpected') then 'unexpected' when bool_or(verdict = 'expected') then 'expected'
    when count(*) > 0 then 'none' end as drift
  from kombo_sync.drift d
  where d.integration_id = page.id and d.sync_id = (
    select sync_id from kombo_sync.drift l where l.integration_id = page.id order by at desc limit 1)
) repaired
order by page.id`;

function toOverview(row: OverviewRow): IntegrationOverview {
  return {
    ...toIntegration(row),
    freshAsOf: row.freshAsOf,
    notOffered: row.notOffered,
    failedEndpoints: row.failedEndpoints,
    endpointsNeedingPerson: row.endpointsNeedingPerson,
    nextTryAt: row.nextTryAt,
    runningPasses: row.runningPasses,
    runningRecords: row.runningRecords,
    runningSince: row.runningSince,
    runningFull: row.runningFull,
    lastSyncAt: row.lastSyncAt,
    lastFullAt: row.lastFullAt,
    drift: row.drift,
  };
}
