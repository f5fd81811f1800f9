import type { Store } from '../database.ts';
import { toDriftReport, type DriftReport } from '../state/drift.ts';
import { microseconds, momentOf } from '../sql.ts';
import type { Pass } from '../state/passes.ts';
import type { DriftTable, PassState } from '../schema.ts';
import { summarisePass, summariseSync, type PassSummary, type SyncSummary } from './status.ts';

/** Where a page ends: time (microseconds, which a Date would cut) and number of its last entry. */
export type HistoryKey = readonly [at: number, id: number];

export interface Page<T> {
  entries: T[];
  /** Give it as `after` for the next page; null when this was the last one. */
  next: HistoryKey | null;
}

interface PageOptions {
  integrationId: string;
  after?: HistoryKey | undefined;
  limit: number;
}

/**
 * Syncs of an integration, newest first. A sync begins with its first pass, so the passes are walked from the newest on, and
 * those that are not the first of their sync are passed over: what a page costs does not grow with the history.
 */
export async function listSyncs(store: Store, options: PageOptions): Promise<Page<SyncSummary>> {
  const { integrationId, after, limit } = options;
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
  const page = rows.slice(0, limit);
  const passes = await store.pool.query<Pass>(
    `select * from kombo_sync.passes where sync_id = any($1) and integration_id = $2
     order by started_at desc, id desc`,
    [page.map((row) => row.sync_id), integrationId],
  );
  const bySync = Map.groupBy(passes.rows, (pass) => pass.sync_id);
  return {
    // A sync that was pruned in between is gone.
    entries: page.flatMap((row) => {
      const found = bySync.get(row.sync_id);
      return found ? [summariseSync(found)] : [];
    }),
    next: nextOf(rows, limit),
  };
}

/** Passes of an integration, newest first. */
export async function listPasses(
  store: Store,
  options: PageOptions & { endpoint?: string | undefined; state?: PassState | undefined },
): Promise<Page<PassSummary>> {
  const { integrationId, after, limit, endpoint, state } = options;
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
  return { entries: rows.slice(0, limit).map(summarisePass), next: nextOf(rows, limit) };
}

/** What the full passes of an integration had to repair, newest first. */
export async function pageDrift(store: Store, options: PageOptions): Promise<Page<DriftReport>> {
  const { integrationId, after, limit } = options;
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
  const entries = rows.slice(0, limit).map((row) => toDriftReport({ ...row, at: row.reported }));
  return { entries, next: nextOf(rows, limit) };
}

function nextOf(rows: readonly { at: number; id: number }[], limit: number): HistoryKey | null {
  const last = rows[limit - 1];
  return last && rows.length > limit ? [last.at, last.id] : null;
}
