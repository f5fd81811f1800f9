import { sql } from 'kysely';
import { latestPosition } from '../feed.ts';
import type { Store } from '../database.ts';

const BATCH = 5_000;

interface RetentionOptions {
  changesMs: number;
  /** What a registered consumer has not read is kept for so long; no longer than the rest if left out. */
  consumerMs?: number;
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
  const { changesMs, consumerMs = 0, historyMs, signal } = options;
  await pruneListings(store);
  await pruneNotes(store, historyMs);
  await walk((after) => pruneDrift(store, historyMs, after), signal);
  return {
    changes: await inBatches(() => pruneChanges(store, changesMs, consumerMs), signal),
    passes: await walk((after) => prunePasses(store, historyMs, after), signal),
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
async function pruneChanges(store: Store, retentionMs: number, consumerMs: number): Promise<number> {
  const horizon = await latestPosition(store);
  const { rows } = await sql<{ removed: number }>`
    with low as (
      select seq, at < now() - ${retentionMs} * interval '1 millisecond'
        -- What a consumer has not read stays, but not for ever: one may have been forgotten.
        and (seq <= coalesce((select min(c.seq) from kombo_sync.consumers c), seq)
          or at < now() - ${consumerMs} * interval '1 millisecond') as old
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

/** Where a walk over old rows goes on: nothing that stays is looked at twice. */
interface Step {
  /** Null at the end. */
  next: unknown[] | null;
  removed: number;
}

async function walk(step: (after: unknown[] | null) => Promise<Step>, signal?: AbortSignal): Promise<number> {
  let total = 0;
  let after: unknown[] | null = null;
  do {
    signal?.throwIfAborted();
    const { next, removed }: Step = await step(after);
    total += removed;
    after = next;
  } while (after !== null);
  return total;
}

/** What an endpoint's state rests on stays. */
async function prunePasses(store: Store, retentionMs: number, after: unknown[] | null): Promise<Step> {
  const { rows } = await store.pool.query<Walked>(
    `with old as (
       select id, finished_at, integration_id, endpoint from kombo_sync.passes
       where finished_at < now() - $1 * interval '1 millisecond'
         and finished_at >= coalesce($2::timestamptz, '-infinity')
         and ($2::timestamptz is null or (finished_at, id) > ($2, $3::bigint))
       order by finished_at, id limit ${BATCH}
     ), removed as (
       delete from kombo_sync.passes where id in (
         select old.id from old where not exists (
           select from kombo_sync.endpoint_states s
           where s.integration_id = old.integration_id and s.endpoint = old.endpoint
             and old.id in (s.watermark_pass, s.last_full_pass)))
       returning id
     )
     ${walkedFrom('finished_at::text', 'id')}`,
    [retentionMs, ...(after ?? [null, null])],
  );
  return stepOf(rows);
}

/** The newest report of each endpoint stays however old it is: it is what the status and the cutover go by. */
async function pruneDrift(store: Store, retentionMs: number, after: unknown[] | null): Promise<Step> {
  const { rows } = await store.pool.query<Walked>(
    `with old as (
       select pass_id, at, integration_id, endpoint from kombo_sync.drift
       where pass_id > coalesce($2::bigint, -1) and at < now() - $1 * interval '1 millisecond'
       order by pass_id limit ${BATCH}
     ), removed as (
       delete from kombo_sync.drift where pass_id in (
         select old.pass_id from old where exists (
           select from kombo_sync.drift newer
           where newer.integration_id = old.integration_id and newer.endpoint = old.endpoint
             and (newer.at, newer.pass_id) > (old.at, old.pass_id)))
       returning pass_id
     )
     ${walkedFrom('pass_id')}`,
    [retentionMs, ...(after ?? [null])],
  );
  return stepOf(rows);
}

interface Walked {
  looked: number;
  removed: number;
  last: unknown[] | null;
}

/** SQL for how many rows a step has looked at and removed, and the key of the last one of them. */
const walkedFrom = (...key: string[]) => `
  select (select count(*) from old)::int as looked, (select count(*) from removed)::int as removed,
    (select json_build_array(${key.join(', ')}) from old
     order by ${key.map((column) => `${column.replace('::text', '')} desc`).join(', ')} limit 1) as last`;

function stepOf([row]: Walked[]): Step {
  const { looked, removed, last } = row!;
  return { next: looked < BATCH ? null : last, removed };
}

/** Removes evidence as old as its passes, ids that no webhook has named for as long, and old answers. */
async function pruneNotes(store: Store, historyMs: number): Promise<void> {
  const old = sql`now() - ${historyMs} * interval '1 millisecond'`;
  await sql`delete from kombo_sync.sync_deliveries where last_at < ${old}`.execute(store.db);
  await sql`delete from kombo_sync.unknown_integrations where last_seen_at < ${old}`.execute(store.db);
  await sql`delete from kombo_sync.unknown_models where last_seen_at < ${old}`.execute(store.db);
  await sql`delete from kombo_sync.issues where resolved_at < ${old}`.execute(store.db);
  await sql`delete from kombo_sync.notifications where sent_at < ${old}`.execute(store.db);
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
