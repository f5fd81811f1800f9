import { sql } from 'kysely';
import { PASS_ALIVE_MS } from '../../domain/retry.ts';
import type { PassKind, PassState, Reason } from '../../domain/reads.ts';
import type { Store } from '../database.ts';
import { passLost, type Pass } from './passes.ts';

/* What happens to a pass under way, apart from its pages. */

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

/** Shows that a pass lives while it waits for an answer. */
export async function touchPass(store: Store, id: number): Promise<void> {
  await sql`update kombo_sync.passes set active_at = clock_timestamp() where id = ${id}`.execute(store.db);
}

/** Notes that a pass waits for Kombo's rate limit or for its next try. */
export async function pausePass(store: Store, id: number, ms: number, why: Reason): Promise<void> {
  await pause(store, id, ms, why, "state = 'running'");
}

/** The same for the sweep of its listing. */
export async function pauseSweep(store: Store, id: number, ms: number, why: Reason): Promise<void> {
  await pause(store, id, ms, why, "sweep_state in ('due', 'checking')");
}

async function pause(
  store: Store,
  id: number,
  ms: number,
  { code, message }: Reason,
  isOpen: string,
): Promise<void> {
  await sql`
    update kombo_sync.passes set active_at = clock_timestamp(), error_code = ${code}, error_message = ${message},
      waits_until = clock_timestamp() + ${ms} * interval '1 millisecond'
    where id = ${id} and ${sql.raw(isOpen)}`.execute(store.db);
}

interface PassEnd {
  state: Exclude<PassState, 'running' | 'completed'>;
  code: string;
  message: string;
  /** A later sync may resume it at its cursor. */
  resumable: boolean;
}

/** Ends a pass that its sync will not complete. False if it had ended already: nothing changes then. */
export async function endPass(store: Store, id: number, end: PassEnd): Promise<boolean> {
  const { rows } = await sql<{ cursor: string | null }>`
    update kombo_sync.passes set
      state = ${end.state}, error_code = ${end.code}, error_message = ${end.message},
      cursor = case when ${end.resumable} then cursor end, waits_until = null, version = version + 1,
      finished_at = clock_timestamp()
    where id = ${id} and state = 'running'
    returning cursor`.execute(store.db);
  if (rows[0]?.cursor === null) {
    await store.db.deleteFrom('kombo_sync.pass_pages').where('pass_id', '=', id).execute();
  }
  return rows.length > 0;
}

interface CancelledPass {
  endpoint: string;
  kind: PassKind;
  startedAt: Date;
  /** Whether it was completed already. */
  isCompleted: boolean;
}

/** Ends the passes of cancelled syncs, and returns all passes that they began. The ended ones can be resumed. */
export async function cancelPasses(store: Store, syncIds: readonly string[]): Promise<CancelledPass[]> {
  const rows = await store.db
    .selectFrom('kombo_sync.passes')
    .select(['id', 'endpoint', 'kind', 'state', 'started_at'])
    .where('sync_id', 'in', [...syncIds])
    .execute();
  const passes: CancelledPass[] = [];
  for (const { id, endpoint, kind, state: seen, started_at: startedAt } of rows) {
    let state: PassState | undefined = seen;
    if (state === 'running') {
      const isEnded = await endPass(store, id, {
        state: 'abandoned',
        code: 'Cancelled',
        message: 'The sync was cancelled. The next one reads this endpoint.',
        resumable: true,
      });
      // It has ended by itself meanwhile, and not only a pass that was read to its end does.
      state = isEnded ? 'abandoned' : await readState(store, id);
    }
    passes.push({ endpoint, kind, startedAt, isCompleted: state === 'completed' });
  }
  return passes;
}

async function readState({ db }: Store, id: number): Promise<PassState | undefined> {
  const row = await db
    .selectFrom('kombo_sync.passes')
    .select('state')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.state;
}

/** Passes that have shown no life for so long that their workflow may be gone, in the order of their ids after one. */
export async function listLostPasses(
  store: Store,
  after: number,
  limit: number,
): Promise<{ id: number; workflowId: string; runId: string }[]> {
  const { rows } = await sql<{ id: number; workflowId: string; runId: string }>`
    select id, workflow_id as "workflowId", run_id as "runId" from kombo_sync.passes
    where state = 'running' and id > ${after} and greatest(active_at, waits_until) < clock_timestamp() - ${2 * PASS_ALIVE_MS} * interval '1 millisecond'
    order by id limit ${limit}`.execute(store.db);
  return rows;
}
