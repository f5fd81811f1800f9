import type { Selectable } from 'kysely';
import {
  addCounts,
  NO_COUNTS,
  type DriftCounts,
  type DriftVerdict,
  type PassCounts,
} from '../../domain/counts.ts';
import type { Because, PassKind, PassState, Reason } from '../../domain/reads.ts';
import type { SyncStatus, Trigger } from '../../domain/sync.ts';
import type { Store } from '../database.ts';
import { LIMIT, toListed, type Listed, type ListOptions } from '../listed.ts';
import { microseconds, momentOf } from '../sql.ts';
import { passCounts, type Pass } from '../state/passes.ts';
import { driftCounts } from '../state/drift.ts';
import { IS_ALIVE } from '../state/endpoint-history.ts';
import type { DriftTable } from '../schema.ts';

export interface PassSummary {
  id: string;
  syncId: string;
  endpoint: string;
  kind: PassKind;
  state: PassState;
  trigger: Trigger;
  /** Why the endpoint is read. */
  because: Because;
  startedAt: Date;
  finishedAt: Date | null;
  counts: PassCounts;
  error: Reason | null;
  /** It reads everything, and asks Kombo about rows that the listing lacks. */
  sweeping: boolean;
  /** When it continues, if Kombo's limit or a failed try makes it wait; `error` says which. */
  waitsUntil: Date | null;
  /** Why a sweep stopped and deleted nothing. */
  sweepMessage: string | null;
  /** How many deltas without a record, one after the other, it stands for, itself included; 0 when its own had one. */
  quietChecks: number;
  /** When the first of these began. */
  quietSince: Date | null;
}

export interface SyncSummary {
  syncId: string;
  workflowId: string;
  runId: string;
  trigger: Trigger;
  kind: PassKind;
  status: 'running' | SyncStatus;
  startedAt: Date;
  finishedAt: Date | null;
  counts: PassCounts;
  passes: PassSummary[];
  /** How many endpoints it has also checked without a record: passes of later syncs stand for these. */
  quietEndpoints: number;
}

/** What is said of these endpoints; undefined if there are none. */
export function quietEndpointsText({
  quietEndpoints: all,
}: Pick<SyncSummary, 'quietEndpoints'>): string | undefined {
  return all === 0 ? undefined : `quiet: ${all} ${all === 1 ? 'endpoint' : 'endpoints'} checked`;
}

/** What is said of a sync that has found nothing: how often that was so in a row. Undefined for any other. */
export function quietText({ passes }: Pick<SyncSummary, 'passes'>): string | undefined {
  if (passes.length === 0 || passes.some(({ quietChecks }) => quietChecks === 0)) return undefined;
  const checks = Math.max(...passes.map(({ quietChecks }) => quietChecks));
  return checks === 1 ? '1 quiet check' : `${checks} quiet checks`;
}

/** When the first of these checks began. Null for a sync that has found something too. */
export function quietSince({ passes }: Pick<SyncSummary, 'passes'>): Date | null {
  if (quietText({ passes }) === undefined) return null;
  const since = passes.flatMap((pass) => pass.quietSince?.getTime() ?? []);
  return since.length === 0 ? null : new Date(Math.min(...since));
}

export interface DriftReport {
  at: Date;
  syncId: string;
  endpoint: string;
  counts: DriftCounts;
  verdict: DriftVerdict;
}

/** Where a page ends: the time (in microseconds, which a Date would cut) and the number of its last entry. */
export type HistoryKey = readonly [at: number, id: number];

interface HistoryOptions extends ListOptions<HistoryKey> {
  integrationId: string;
}

type History<Entry> = Listed<Entry, HistoryKey>;

/**
 * Syncs of an integration, newest first. A sync begins with its first pass, so this walks the passes from the newest on
 * and skips those that are not the first of their sync: the cost of a page does not grow with the history.
 */
export async function listSyncs(store: Store, options: HistoryOptions): Promise<History<SyncSummary>> {
  const { integrationId, after, limit = LIMIT } = options;
  const { rows } = await store.pool.query<{ sync_id: string; at: number; id: number }>(
    `select p.sync_id, ${microseconds('p.started_at')} as at, p.id
     from kombo_sync.passes p
     where p.integration_id = $1
       and ($2::bigint is null or (p.started_at, p.id) < (${momentOf('$2')}, $3::bigint))
       and not exists (
         select from kombo_sync.passes first
         where first.sync_id = p.sync_id and first.integration_id = p.integration_id
           and (first.started_at, first.id) < (p.started_at, p.id))
     order by p.started_at desc, p.id desc
     limit $4`,
    [integrationId, after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  );
  const passes = await store.pool.query<Pass>(
    `select * from kombo_sync.passes where sync_id = any($1) and integration_id = $2
     order by started_at desc, id desc`,
    [rows.slice(0, limit).map((row) => row.sync_id), integrationId],
  );
  const bySync = Map.groupBy(passes.rows, (pass) => pass.sync_id);
  const { entries, next } = toListed(rows, limit, (row) => bySync.get(row.sync_id), keyOf);
  // A sync may have been pruned in between.
  return { entries: entries.flatMap((found) => (found ? [summariseSync(found)] : [])), next };
}

/** Passes of an integration, newest first. */
export async function listPasses(
  store: Store,
  options: HistoryOptions & { endpoint?: string | undefined; state?: PassState | undefined },
): Promise<History<PassSummary>> {
  const { integrationId, after, limit = LIMIT, endpoint, state } = options;
  const { rows } = await store.pool.query<Pass & { at: number }>(
    `select p.*, ${microseconds('p.started_at')} as at
     from kombo_sync.passes p
     where p.integration_id = $1
       and ($2::bigint is null or (p.started_at, p.id) < (${momentOf('$2')}, $3::bigint))
       and ($5::text is null or p.endpoint = $5) and ($6::text is null or p.state = $6)
     order by p.started_at desc, p.id desc
     limit $4`,
    [integrationId, after?.[0] ?? null, after?.[1] ?? null, limit + 1, endpoint ?? null, state ?? null],
  );
  return toListed(rows, limit, summarisePass, keyOf);
}

/** What the full passes of an integration had to repair, newest first. */
export async function listDrift(store: Store, options: HistoryOptions): Promise<History<DriftReport>> {
  const { integrationId, after, limit = LIMIT } = options;
  const { rows } = await store.pool.query<
    Omit<DriftTable, 'at'> & { reported: Date; at: number; id: number }
  >(
    `select d.*, d.at as reported, ${microseconds('d.at')} as at, d.pass_id as id
     from kombo_sync.drift d
     where d.integration_id = $1
       and ($2::bigint is null or (d.at, d.pass_id) < (${momentOf('$2')}, $3::bigint))
     order by d.at desc, d.pass_id desc
     limit $4`,
    [integrationId, after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  );
  return toListed(rows, limit, (row) => toDriftReport({ ...row, at: row.reported }), keyOf);
}

/** The running syncs, oldest first. A long one may no longer be among the newest. */
export async function syncsUnderWay(store: Store, integrationId: string): Promise<SyncSummary[]> {
  const { rows } = await store.pool.query<Pass>(
    `select * from kombo_sync.passes where integration_id = $1 and sync_id in (
       select sync_id from kombo_sync.passes
       where integration_id = $1 and (state = 'running' or sweep_state in ('due', 'checking') and ${IS_ALIVE}))
     order by started_at, id`,
    [integrationId],
  );
  return [...Map.groupBy(rows, (row) => row.sync_id).values()].map(summariseSync);
}

const keyOf = ({ at, id }: { at: number; id: number }): HistoryKey => [at, id];

export function summarisePass(pass: Pass): PassSummary {
  return {
    id: String(pass.id),
    syncId: pass.sync_id,
    endpoint: pass.endpoint,
    kind: pass.kind,
    state: pass.state,
    trigger: pass.trigger,
    because: pass.because,
    startedAt: pass.started_at,
    finishedAt: pass.finished_at,
    counts: passCounts(pass),
    error: pass.error_code === null ? null : { code: pass.error_code, message: pass.error_message ?? '' },
    sweeping: isSweeping(pass),
    waitsUntil: pass.state === 'running' || isSweeping(pass) ? pass.waits_until : null,
    sweepMessage: pass.sweep_message,
    quietChecks: pass.quiet_checks,
    quietSince: pass.quiet_since,
  };
}

const isSweeping = ({ sweep_state: state }: Pass) => state === 'due' || state === 'checking';

function summariseSync(rows: Pass[]): SyncSummary {
  const passes = rows.map(summarisePass);
  const first = rows[0]!;
  const running = rows.some((row) => row.state === 'running');
  const failed = rows.filter((row) => row.state === 'failed' || row.state === 'abandoned').length;
  const settled: SyncStatus = failed === 0 ? 'completed' : failed === rows.length ? 'failed' : 'partial';
  const finished = rows.map((row) => row.finished_at?.getTime() ?? 0);
  return {
    syncId: first.sync_id,
    workflowId: first.workflow_id,
    runId: first.run_id,
    trigger: first.trigger,
    kind: rows.some((row) => row.kind === 'full') ? 'full' : 'delta',
    status: running ? 'running' : settled,
    startedAt: new Date(Math.min(...rows.map((row) => row.started_at.getTime()))),
    finishedAt: running ? null : new Date(Math.max(...finished)),
    counts: passes.reduce((sum, pass) => addCounts(sum, pass.counts), NO_COUNTS),
    passes,
    quietEndpoints: rows.reduce((sum, row) => sum + row.quiet_replaced, 0),
  };
}

function toDriftReport(row: Selectable<DriftTable>): DriftReport {
  return {
    at: row.at,
    syncId: row.sync_id,
    endpoint: row.endpoint,
    counts: driftCounts(row),
    verdict: row.verdict,
  };
}
