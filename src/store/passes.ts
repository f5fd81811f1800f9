import { sql, type Selectable } from 'kysely';
import { SyncError } from '../domain/errors.ts';
import { planWindow } from '../domain/window.ts';
import { getEndpoint } from '../domain/catalogue/index.ts';
import { integrationRemoved, integrationStep, NOT_REMOVED, refuseRemoved } from './removed.ts';
import type { PassCounts, PassKind, Trigger } from '../domain/sync.ts';
import type { Store } from './database.ts';
import type { PassesTable } from './schema.ts';

/** A row of `kombo_sync.passes`: the truth of a pass. */
export type Pass = Selectable<PassesTable>;

export interface PassRequest {
  integrationId: string;
  endpoint: string;
  kind: PassKind;
  /** One sync, one pass per endpoint: asking again returns the pass that is there. */
  syncId: string;
  workflowId: string;
  runId: string;
  trigger: Trigger;
  /** Only what changed since then (ISO). */
  since?: string | undefined;
  overlapMs: number;
}

/**
 * Finds the pass of this sync, or begins it.
 *
 * @throws SyncError IntegrationGone when the integration is removed.
 */
export async function openPass(store: Store, request: PassRequest): Promise<Pass> {
  await refuseRemoved(store.pool, request.integrationId);
  const found = await findPass(store, request.syncId, request.endpoint);
  if (found) return found;
  const watermark = await readWatermark(store, request.integrationId, request.endpoint);
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(store.db);
  const now = rows[0]!.now;
  const window = planWindow({
    kind: request.kind,
    filter: getEndpoint(request.endpoint).delta,
    watermark,
    now,
    since: request.since === undefined ? undefined : new Date(request.since),
    overlapMs: request.overlapMs,
  });
  await abandonOldPasses(store, request);
  const continued = window.kind === 'full' && window.updatedAfter === null;
  if (continued) await continueFailedPass(store, request);
  // Erasing leaves a row alone that comes after it, so none may come for an integration that is removed meanwhile.
  await sql`
    with ${integrationStep(request.integrationId)}
    insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger,
      updated_after, watermark_at, moves_watermark, drift_before, started_at)
    select ${request.syncId}, ${request.workflowId}, ${request.runId}, ${request.integrationId}, ${request.endpoint},
      ${window.kind}, ${request.trigger}, ${window.updatedAfter}::timestamptz, ${now}::timestamptz,
      ${window.movesWatermark}::boolean, ${window.driftBefore}::timestamptz, ${now}::timestamptz
    where ${sql.raw(NOT_REMOVED)}
    on conflict (sync_id, endpoint) do nothing`.execute(store.db);
  const opened = await findPass(store, request.syncId, request.endpoint);
  if (!opened) throw integrationRemoved(request.integrationId);
  return opened;
}

/**
 * A full pass that failed on its way is gone on with where it stopped, under the new sync: an outage in the second hour of
 * a big one does not cost the first. Its listing and counts go along; the start stays, which is what a watermark is. Not
 * after a day, since how long Kombo's cursors live is not documented, and not when a full read that begins later is owed.
 *
 * It may be restarted as often as a new one. Cursors are told apart by restart, so the listing's newest one counts as its
 * first. A pass that was refused its cursor too often is not gone on with, so this ends.
 *
 * What was named since the start may be on a page that has been read, so a delta is owed that begins from now on.
 */
async function continueFailedPass(store: Store, request: PassRequest): Promise<void> {
  const copied = sql.raw(CONTINUED_COLUMNS.join(', '));
  await sql`
    with ${integrationStep(request.integrationId)}, stopped as (
      update kombo_sync.passes set cursor = null, version = version + 1
      where id = (
        select id from kombo_sync.passes p
        where integration_id = ${request.integrationId} and endpoint = ${request.endpoint}
          and kind = 'full' and updated_after is null and state = 'failed'
          and finished_at > now() - interval '1 day'
          and exists (select from kombo_sync.pass_pages where pass_id = p.id)
          and not exists (select from kombo_sync.endpoint_states s
            where s.integration_id = p.integration_id and s.endpoint = p.endpoint and s.owed_full_since > p.started_at)
          and not exists (select from kombo_sync.passes newer
            where newer.integration_id = p.integration_id and newer.endpoint = p.endpoint
              and newer.kind = 'full' and newer.updated_after is null and newer.id > p.id)
        for update)
        and cursor is not null and ${sql.raw(NOT_REMOVED)}
      returning *,
        (select cursor from kombo_sync.passes same where same.id = passes.id) as stopped_at
    ), opened as (
      insert into kombo_sync.passes (sync_id, workflow_id, run_id, trigger, cursor, ${copied})
      select ${request.syncId}, ${request.workflowId}, ${request.runId}, ${request.trigger}, stopped_at, ${copied}
      from stopped
      on conflict (sync_id, endpoint) do nothing
      returning id, integration_id, endpoint
    ), owing as (
      insert into kombo_sync.endpoint_states as states (integration_id, endpoint, owed, owed_since)
      select integration_id, endpoint, 'delta', date_trunc('milliseconds', clock_timestamp()) from opened
      on conflict (integration_id, endpoint) do update set
        owed = coalesce(states.owed, 'delta'), owed_since = greatest(states.owed_since, excluded.owed_since)
    )
    update kombo_sync.pass_pages set
      pass_id = (select id from opened), restart = restart - (select restarts from stopped)
    where pass_id = (select id from stopped) and exists (select from opened)`.execute(store.db);
}

/** What a pass takes along into the one that goes on with it. */
const CONTINUED_COLUMNS = [
  'integration_id',
  'endpoint',
  'kind',
  'updated_after',
  'watermark_at',
  'moves_watermark',
  'drift_before',
  'pages',
  'records',
  'created',
  'updated',
  'unchanged',
  'deleted',
  'restored',
  'stale',
  'rejected',
  'drift_missing',
  'drift_stale',
  'drift_wrongly_live',
  'drift_wrongly_deleted',
  'drift_expected',
  'started_at',
] as const satisfies readonly (keyof Pass)[];

/** `*` in a prepared statement would fail on every connection that is older than a new column. */
export const PASS_COLUMNS = [
  ...CONTINUED_COLUMNS,
  'id',
  'sync_id',
  'workflow_id',
  'run_id',
  'trigger',
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
  'finished_at',
] as const satisfies readonly (keyof Pass)[];

async function findPass(store: Store, syncId: string, endpoint: string): Promise<Pass | undefined> {
  return store.db
    .selectFrom('kombo_sync.passes')
    .selectAll()
    .where('sync_id', '=', syncId)
    .where('endpoint', '=', endpoint)
    .executeTakeFirst();
}

export async function getPass(store: Store, id: number): Promise<Pass | undefined> {
  return store.db.selectFrom('kombo_sync.passes').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The start of the newest completed pass of the endpoint (invariant I8), or null when none has completed. */
export async function readWatermark(
  store: Store,
  integrationId: string,
  endpoint: string,
): Promise<Date | null> {
  const row = await store.db
    .selectFrom('kombo_sync.passes')
    .select((eb) => eb.fn.max('watermark_at').as('watermark'))
    .where('integration_id', '=', integrationId)
    .where('endpoint', '=', endpoint)
    .where('state', '=', 'completed')
    .where('moves_watermark', '=', true)
    .executeTakeFirst();
  return row?.watermark ?? null;
}

/** Passes whose workflow was terminated: nobody will go on with them. */
async function abandonOldPasses(store: Store, request: PassRequest): Promise<void> {
  await store.db
    .updateTable('kombo_sync.passes')
    .set({ state: 'abandoned', finished_at: sql<Date>`now()`, cursor: null })
    .where('integration_id', '=', request.integrationId)
    .where('endpoint', '=', request.endpoint)
    .where('state', '=', 'running')
    .where('active_at', '<', sql<Date>`now() - interval '2 days'`)
    .execute();
}

/** Kombo refused the cursor: the pass starts again at its first page, with the same window (invariant I9). */
export async function restartPass(store: Store, pass: Pass): Promise<Pass> {
  const row = await store.db
    .updateTable('kombo_sync.passes')
    .set((eb) => ({
      cursor: null,
      restarts: eb('restarts', '+', 1),
      version: eb('version', '+', 1),
      active_at: sql<Date>`clock_timestamp()`,
    }))
    .where('id', '=', pass.id)
    .where('version', '=', pass.version)
    .where('state', '=', 'running')
    .returningAll()
    .executeTakeFirst();
  if (!row) throw passLost(pass);
  return row;
}

/** When a sync began to read an endpoint; a pass that went on with another one has the start of that. */
export async function passStart(store: Store, syncId: string, endpoint: string): Promise<Date | undefined> {
  return (await findPass(store, syncId, endpoint))?.started_at;
}

/** Whether a pass of the endpoint that began after `since` has been completed. */
export async function isReadSince(
  store: Store,
  integrationId: string,
  endpoint: string,
  since: Date,
): Promise<boolean> {
  const newer = await store.db
    .selectFrom('kombo_sync.passes')
    .select('id')
    .where('integration_id', '=', integrationId)
    .where('endpoint', '=', endpoint)
    .where('state', '=', 'completed')
    .where('started_at', '>', since)
    .limit(1)
    .executeTakeFirst();
  return newer !== undefined;
}

export function passLost(pass: Pick<Pass, 'id' | 'endpoint'>): SyncError {
  return new SyncError('PassLost', `Another attempt goes on with pass ${pass.id} of ${pass.endpoint}.`);
}

export function passCounts(pass: Pick<Pass, keyof PassCounts>): PassCounts {
  const { pages, records, created, updated, unchanged, deleted, restored, stale, rejected } = pass;
  return { pages, records, created, updated, unchanged, deleted, restored, stale, rejected };
}

export interface PassEnd {
  syncId: string;
  endpoint: string;
  state: 'failed' | 'skipped';
  code: string;
  message: string;
  /** A later sync may go on with it, when it is a full one. */
  resumable?: boolean;
}

/** Ends a pass that this sync will not complete. A pass that has ended already stays as it is. */
export async function endPass(store: Store, end: PassEnd): Promise<void> {
  const ended = await store.db
    .updateTable('kombo_sync.passes')
    .set((eb) => ({
      state: end.state,
      error_code: end.code,
      error_message: end.message,
      cursor: end.resumable ? sql<string>`case when updated_after is null then cursor end` : null,
      version: eb('version', '+', 1),
      finished_at: sql<Date>`clock_timestamp()`,
    }))
    .where('sync_id', '=', end.syncId)
    .where('endpoint', '=', end.endpoint)
    .where('state', '=', 'running')
    .returning(['id', 'cursor'])
    .executeTakeFirst();
  if (ended && ended.cursor === null)
    await store.db.deleteFrom('kombo_sync.pass_pages').where('pass_id', '=', ended.id).execute();
}
