import { sql } from 'kysely';
import { latestPosition } from '../feed.ts';
import type { Store } from '../database.ts';

const BATCH = 5_000;

interface RetentionOptions {
  changesMs: number;
  historyMs: number;
  /** Stops between two steps. */
  signal?: AbortSignal;
}

/**
 * Removes old entries of the change feed, old finished passes and reports of their drift, in small steps. The newest
 * completed passes of an endpoint always stay, because they hold the watermark.
 */
export async function prune(
  store: Store,
  options: RetentionOptions,
): Promise<{ changes: number; passes: number }> {
  const { changesMs, historyMs, signal } = options;
  await pruneListings(store);
  await pruneNotes(store, historyMs);
  await inBatches(() => pruneDrift(store, historyMs), signal);
  return {
    changes: await inBatches(() => pruneChanges(store, changesMs), signal),
    passes: await inBatches(() => prunePasses(store, historyMs), signal),
  };
}

async function inBatches(step: () => Promise<number>, signal?: AbortSignal): Promise<number> {
  let total = 0;
  for (;;) {
    signal?.throwIfAborted();
    const removed = await step();
    total += removed;
    if (removed < BATCH) return total;
  }
}

/**
 * Removes the start of the feed up to the first young entry, so that the rest has no gap, and records how far: readers
 * behind that are refused. It stops at the horizon, because an open transaction may still write an entry above it.
 */
async function pruneChanges(store: Store, retentionMs: number): Promise<number> {
  const horizon = await latestPosition(store);
  const { rows } = await sql<{ removed: number }>`
    with low as (
      select seq, at < now() - ${retentionMs} * interval '1 millisecond' as old
      from kombo_sync.changes where seq <= ${horizon}::bigint order by seq limit ${BATCH}
    ), removed as (
      delete from kombo_sync.changes
      where seq <= (select coalesce(min(seq) filter (where not old) - 1, max(seq)) from low)
      returning seq, at
    )
    update kombo_sync.changes_removed
    set up_to = greatest(up_to, (select max(seq) from removed)),
      newest_at = greatest(newest_at, (select max(at) from removed))
    where exists (select from removed)
    returning (select count(*) from removed) as removed`.execute(store.db);
  return rows[0]?.removed ?? 0;
}

async function prunePasses(store: Store, retentionMs: number): Promise<number> {
  const result = await sql`
    delete from kombo_sync.passes where id in (
      select p.id from kombo_sync.passes p
      where p.finished_at < now() - ${retentionMs} * interval '1 millisecond'
        and not (p.state = 'completed' and not exists (
          select from kombo_sync.passes newer
          where newer.integration_id = p.integration_id and newer.endpoint = p.endpoint
            and newer.state = 'completed' and newer.started_at > p.started_at
            and newer.moves_watermark and (newer.updated_after is null or p.updated_after is not null)))
      limit ${BATCH})`.execute(store.db);
  return Number(result.numAffectedRows ?? 0);
}

/** The newest report of each endpoint always stays, because the status and the cutover use it. */
async function pruneDrift(store: Store, retentionMs: number): Promise<number> {
  const result = await sql`
    delete from kombo_sync.drift where pass_id in (
      select d.pass_id from kombo_sync.drift d
      where d.at < now() - ${retentionMs} * interval '1 millisecond'
        and exists (
          select from kombo_sync.drift newer
          where newer.integration_id = d.integration_id and newer.endpoint = d.endpoint
            and (newer.at, newer.pass_id) > (d.at, d.pass_id))
      limit ${BATCH})`.execute(store.db);
  return Number(result.numAffectedRows ?? 0);
}

/** Removes evidence as old as its passes, ids that no webhook has named for as long, and old answers. */
async function pruneNotes(store: Store, historyMs: number): Promise<void> {
  const old = sql`now() - ${historyMs} * interval '1 millisecond'`;
  await sql`delete from kombo_sync.sync_deliveries where last_at < ${old}`.execute(store.db);
  await sql`delete from kombo_sync.unknown_integrations where last_seen_at < ${old}`.execute(store.db);
  await sql`delete from kombo_sync.unknown_models where last_seen_at < ${old}`.execute(store.db);
  await sql`delete from kombo_sync.issues where resolved_at < ${old}`.execute(store.db);
  await sql`delete from kombo_sync.idempotency_keys where created_at < now() - interval '1 day'`.execute(
    store.db,
  );
}

/**
 * Removes listings that no sweep will use. One that waits for its sweep stays whole, because everything else would look
 * gone. After two weeks it is obsolete, and the next full pass makes a new one.
 */
async function pruneListings(store: Store): Promise<void> {
  await sql`
    with old as (
      update kombo_sync.passes set sweep_state = 'none'
      where sweep_state in ('due', 'checking') and finished_at < now() - interval '14 days'
      returning integration_id, endpoint, started_seq
    )
    delete from kombo_sync.debts d using old
    where d.integration_id = old.integration_id and d.endpoint = old.endpoint and d.kind = 'sweep'
      and d.asked_seq <= old.started_seq`.execute(store.db);
  await sql`delete from kombo_sync.pass_pages where pass_id in (
    select id from kombo_sync.passes
    where finished_at < now() - interval '2 days' and sweep_state not in ('due', 'checking'))`.execute(
    store.db,
  );
}
