import { sql, type Selectable } from 'kysely';
import { SyncError } from '../../domain/errors.ts';
import { parseTimestamp } from '../../domain/timestamp.ts';
import { planWindow, type PassWindow } from '../../domain/window.ts';
import { getEndpoint } from '../../domain/catalogue/index.ts';
import { namesOf, nestedNamesOf } from '../../domain/model-names.ts';
import { integrationStep, NOT_REMOVED, refuseRemoved } from './removed.ts';
import type { Because, PassKind } from '../../domain/reads.ts';
import { PASS_ALIVE_MS } from '../../domain/retry.ts';
import type { Trigger } from '../../domain/sync.ts';
import { DRIFT_COUNTS, PASS_COUNTS, type PassCounts } from '../../domain/counts.ts';
import type { Store } from '../database.ts';
import { learntEndpoint } from './extra-endpoints.ts';
import { historyOf, readHistory } from './endpoint-history.ts';
import { DRIFT_COLUMNS, type PassesTable } from '../passes-schema.ts';
import { isChosenBy } from '../sql.ts';

/** A row of `kombo_sync.passes`: the truth of a pass. */
export type Pass = Selectable<PassesTable>;

interface PassRequest {
  integrationId: string;
  endpoint: string;
  kind: PassKind;
  /** One sync, one pass per endpoint and kind: asking again returns the pass that is there. */
  syncId: string;
  workflowId: string;
  runId: string;
  trigger: Trigger;
  because: Because;
  /** Only what changed since then (ISO). */
  since?: string | undefined;
  overlapMs: number;
}

/**
 * Finds the pass of this sync, or begins it. Undefined if the integration's choice leaves its endpoint out.
 *
 * @throws SyncError IntegrationGone if the integration is removed.
 */
export async function openPass(store: Store, request: PassRequest): Promise<Pass | undefined> {
  await refuseRemoved(store.pool, request.integrationId);
  const found = await findPass(store, request);
  if (found) return found.state === 'abandoned' ? reopenPass(store, found) : found;
  const base = await readBase(store, request.integrationId, request.endpoint);
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(store.db);
  const now = rows[0]!.now;
  const window = planWindow({
    kind: request.kind,
    filter: (await learntEndpoint(store, request.endpoint)).delta,
    ...base,
    now,
    since: request.since === undefined ? undefined : parseTimestamp(request.since),
    overlapMs: request.overlapMs,
  });
  await abandonLostPasses(store, request);
  if (request.since === undefined) await resumeStoppedPass(store, request, window.updatedAfter);
  await beginPass(store, request, window, now);
  const opened = await findPass(store, request);
  if (!opened) await refuseRemoved(store.pool, request.integrationId);
  return opened;
}

/** SQL for whether the integration of `integrationStep` is not removed and its choice includes the endpoint. */
function mayBegin(path: string) {
  const endpoint = getEndpoint(path);
  return sql`${sql.raw(NOT_REMOVED)} and not exists (
    select from integration, (values (${namesOf(endpoint).join(' ')}, ${nestedNamesOf(endpoint).join(' ')})) as e(names, nested)
    where not ${sql.raw(isChosenBy('integration'))})`;
}

/** Begins a pass at its first page, unless the sync has one. */
async function beginPass(store: Store, request: PassRequest, window: PassWindow, now: Date): Promise<void> {
  const { syncId, workflowId, runId, integrationId, endpoint, kind, trigger, because } = request;
  const { updatedAfter, movesWatermark, driftBefore } = window;
  await sql`
    with
    -- Erasing does not see rows that come after it, so none may come for an integration that is removed meanwhile.
    ${integrationStep(integrationId)}
    insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because,
      updated_after, watermark_at, moves_watermark, drift_before, started_at)
    select ${syncId}, ${workflowId}, ${runId}, ${integrationId}, ${endpoint}, ${kind}, ${trigger}, ${because},
      ${updatedAfter}::timestamptz, ${now}::timestamptz, ${movesWatermark}::boolean, ${driftBefore}::timestamptz,
      ${now}::timestamptz
    where ${mayBegin(endpoint)}
    on conflict (sync_id, endpoint, kind) do nothing`.execute(store.db);
}

/**
 * Resumes a pass that failed or lost its worker where it stopped, under the new sync. So an outage in the second hour
 * of a big pass does not cost the first hour, and a delta that gets a page per minute ends. The new pass takes over its
 * listing, its counts and its start, which becomes the watermark. A pass is not resumed after a day, because Kombo does
 * not document how long cursors live, nor if a full read is owed that must begin later.
 *
 * It may be restarted as often as a new one. The restart distinguishes cursors, so the newest restart of the listing
 * counts as the first. A pass whose cursor was refused too often is not resumed, so this ends.
 *
 * Changes reported since the start may be on a page that was read before, so a new delta is owed.
 */
async function resumeStoppedPass(
  store: Store,
  request: PassRequest,
  updatedAfter: Date | null,
): Promise<void> {
  const { syncId, workflowId, runId, integrationId, endpoint, kind, trigger, because } = request;
  const copied = sql.raw(RESUMED_COLUMNS.join(', '));
  await sql`
    with
    -- Nothing is resumed if the integration was removed meanwhile, or if the endpoint is no longer chosen.
    ${integrationStep(integrationId)},
    -- The newest pass with this window, if it has stopped and no full read is owed that must begin later.
    newest as (
      select id, cursor as stopped_at from kombo_sync.passes p
      where integration_id = ${integrationId} and endpoint = ${endpoint} and kind = ${kind}
        and state in ('failed', 'abandoned') and finished_at > now() - interval '1 day'
        and updated_after is not distinct from ${updatedAfter}::timestamptz
        and exists (select from kombo_sync.pass_pages where pass_id = p.id)
        and not exists (select from kombo_sync.debts d
          where d.integration_id = p.integration_id and d.endpoint = p.endpoint and d.kind = 'full'
            and p.kind = 'full' and d.asked_seq > p.started_seq)
        and not exists (select from kombo_sync.passes newer
          where newer.integration_id = p.integration_id and newer.endpoint = p.endpoint and newer.kind = p.kind
            and newer.updated_after is not distinct from p.updated_after and newer.id > p.id)
      for update
    ),
    -- It loses its cursor, so that it is resumed once, and an attempt that still works on it is lost.
    stopped as (
      update kombo_sync.passes p set cursor = null, version = version + 1
      from newest where p.id = newest.id and p.cursor is not null and ${mayBegin(endpoint)}
      returning p.*, newest.stopped_at
    ),
    -- The pass of this sync begins where that one stopped.
    opened as (
      insert into kombo_sync.passes (sync_id, workflow_id, run_id, trigger, because, cursor, ${copied})
      select ${syncId}, ${workflowId}, ${runId}, ${trigger}, ${because}, stopped_at, ${copied}
      from stopped
      on conflict (sync_id, endpoint, kind) do nothing
      returning id, integration_id, endpoint
    ),
    -- For changes on the pages that were read before.
    owing as (
      insert into kombo_sync.debts as d (integration_id, endpoint, kind)
      select integration_id, endpoint, 'delta' from opened
      on conflict (integration_id, endpoint, kind) do update set asked_seq = greatest(d.asked_seq, excluded.asked_seq)
    )
    -- The new pass takes over its listing.
    update kombo_sync.pass_pages set
      pass_id = (select id from opened), restart = restart - (select restarts from stopped)
    where pass_id = (select id from stopped) and exists (select from opened)`.execute(store.db);
}

/** What a pass takes over from the one that it resumes. */
const RESUMED_COLUMNS = [
  'integration_id',
  'endpoint',
  'kind',
  'updated_after',
  'watermark_at',
  'moves_watermark',
  'drift_before',
  ...PASS_COUNTS,
  ...DRIFT_COUNTS.map((key) => `drift_${DRIFT_COLUMNS[key]}` as const),
  'started_at',
  'started_seq',
] as const satisfies readonly (keyof Pass)[];

/** `*` in a prepared statement would fail on every connection that is older than a new column. */
export const PASS_COLUMNS = [
  ...RESUMED_COLUMNS,
  'id',
  'sync_id',
  'workflow_id',
  'run_id',
  'trigger',
  'because',
  'state',
  'cursor',
  'restarts',
  'version',
  'sweep_state',
  'sweep_candidates',
  'sweep_deleted',
  'sweep_message',
  'error_code',
  'error_message',
  'active_at',
  'waits_until',
  'finished_at',
  'quiet_checks',
  'quiet_replaced',
  'quiet_since',
] as const satisfies readonly (keyof Pass)[];

async function findPass(
  store: Store,
  { syncId, endpoint, kind }: Pick<PassRequest, 'syncId' | 'endpoint' | 'kind'>,
): Promise<Pass | undefined> {
  return store.db
    .selectFrom('kombo_sync.passes')
    .selectAll()
    .where('sync_id', '=', syncId)
    .where('endpoint', '=', endpoint)
    .where('kind', '=', kind)
    .executeTakeFirst();
}

/** The newest complete listing of an endpoint whose sweep is not done; undefined if there is none. */
export async function unsweptPass(
  store: Store,
  integrationId: string,
  endpoint: string,
): Promise<Pass | undefined> {
  return store.db
    .selectFrom('kombo_sync.passes')
    .selectAll()
    .where('integration_id', '=', integrationId)
    .where('endpoint', '=', endpoint)
    .where('sweep_state', 'in', ['due', 'checking'])
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** What a new pass can build on. */
async function readBase(
  store: Store,
  integrationId: string,
  endpoint: string,
): Promise<{ watermark: Date | null; fullBegun: Date | null }> {
  const { endpoints } = await readHistory(store, integrationId, [endpoint]);
  const { watermark, fullBegun } = historyOf({ endpoints }, endpoint);
  return { watermark, fullBegun };
}

/** A pass without a sign of life for this long has lost its workflow, or will find that another pass has resumed it. */
const LOST_AFTER_MS = 10 * PASS_ALIVE_MS;

async function abandonLostPasses(store: Store, request: PassRequest): Promise<void> {
  await store.db
    .updateTable('kombo_sync.passes')
    .set({ state: 'abandoned', finished_at: sql<Date>`now()` })
    .where('integration_id', '=', request.integrationId)
    .where('endpoint', '=', request.endpoint)
    .where('kind', '=', request.kind)
    .where('state', '=', 'running')
    .where(
      sql<boolean>`greatest(active_at, waits_until) < now() - ${LOST_AFTER_MS} * interval '1 millisecond'`,
    )
    .execute();
}

/** Its sync continues it after all. If another one has resumed it, it starts again at its first page. */
async function reopenPass(store: Store, pass: Pass): Promise<Pass | undefined> {
  const { rows } = await sql<Pass>`
    with ${integrationStep(pass.integration_id)}
    update kombo_sync.passes set state = 'running', finished_at = null, error_code = null, error_message = null,
      restarts = restarts + case when cursor is null and pages > 0 then 1 else 0 end,
      version = version + 1, active_at = clock_timestamp()
    where id = ${pass.id} and ${mayBegin(pass.endpoint)}
    returning *`.execute(store.db);
  if (rows.length === 0) await refuseRemoved(store.pool, pass.integration_id);
  return rows[0];
}

export function passLost(pass: Pick<Pass, 'id' | 'endpoint'>): SyncError {
  return new SyncError('PassLost', `Another attempt has moved pass ${pass.id} of ${pass.endpoint}.`);
}

export function passCounts(pass: Pick<Pass, keyof PassCounts>): PassCounts {
  return Object.fromEntries(PASS_COUNTS.map((key) => [key, pass[key]])) as PassCounts;
}
