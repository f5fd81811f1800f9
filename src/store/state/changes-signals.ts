import type { SignalScope, TableChanged } from '../../domain/changes-signal.ts';
import type { Store } from '../database.ts';

/*
 * What CHANGES_SIGNAL owes. The feed says by itself what has changed, so a worker that dies after a commit loses no signal: the
 * next look at the feed finds the changes. A row is owed until Temporal has accepted its signal.
 */

type Pool = Pick<Store, 'pool'>;

/** So much of the feed is looked through at once. */
const STRETCH = 50_000;

/**
 * Owes signals for what is in the feed since the last look. One worker looks at a time; the others find nothing.
 *
 * @returns whether there may be more.
 */
export async function findSignals({ pool }: Pool, scope: SignalScope): Promise<boolean> {
  // In a statement of its own: only the next one sees every change up to here.
  const { rows: heads } = await pool.query<{ horizon: string }>(
    'select kombo_sync.changes_horizon()::text as horizon',
  );
  const { rows } = await pool.query<{ count: number }>(
    `with found as materialized (select seq from kombo_sync.changes_signals_found for update skip locked),
       stretch as materialized (
         select c.seq, c.table_name, case when $2 then c.integration_id else '' end as integration_id, c.at
         from found f, lateral (select * from kombo_sync.changes
           where seq > f.seq and seq <= $1::bigint order by seq limit ${STRETCH}) c),
       owed as (
         insert into kombo_sync.changes_signals as s (table_name, integration_id, seq, up_to, since)
         select table_name, integration_id, (select seq from found), max(seq), min(at)
         from stretch group by table_name, integration_id
         on conflict (table_name, integration_id) do update set up_to = excluded.up_to,
           since = case when s.up_to > s.seq then s.since else excluded.since end)
     update kombo_sync.changes_signals_found set seq = (select max(seq) from stretch)
     where exists (select from stretch)
     returning (select count(*)::int from stretch) as count`,
    [heads[0]!.horizon, scope === 'integration'],
  );
  return rows[0]?.count === STRETCH;
}

export interface OwedSignal extends TableChanged {
  /** How often it has failed in a row. */
  failures: number;
}

/** What a worker that has died took is free again after this. Longer than Temporal has for one. */
const TAKEN = `interval '30 seconds'`;

/** Takes signals that are due, those that are owed longest first. */
export async function takeSignals({ pool }: Pool, limit: number): Promise<OwedSignal[]> {
  const { rows } = await pool.query<{
    table: string;
    integrationId: string;
    seq: string;
    upTo: string;
    failures: number;
  }>(
    `update kombo_sync.changes_signals s set next_at = clock_timestamp() + ${TAKEN}
     where (s.table_name, s.integration_id) in (
       select table_name, integration_id from kombo_sync.changes_signals
       where up_to > seq
         -- A time far ahead was written by a clock that was wrong.
         and (next_at <= clock_timestamp() or next_at > clock_timestamp() + interval '1 day')
       order by since limit $1 for update skip locked)
     returning s.table_name as "table", s.integration_id as "integrationId", s.seq::text, s.up_to::text as "upTo", s.failures`,
    [limit],
  );
  return rows.map(({ table, integrationId, seq, upTo, failures }) => ({
    table,
    integrationId: integrationId === '' ? null : integrationId,
    after: Number(seq),
    upTo: Number(upTo),
    failures,
  }));
}

type Key = Pick<TableChanged, 'table' | 'integrationId'>;
const keyOf = ({ table, integrationId }: Key) => [table, integrationId ?? ''];

/** Temporal has accepted it. What has changed meanwhile is the next one, `everyMs` later. */
export async function noteSignalled({ pool }: Pool, signal: OwedSignal, everyMs: number): Promise<void> {
  await pool.query(
    `update kombo_sync.changes_signals set seq = greatest(seq, $3), signalled_at = clock_timestamp(), failures = 0,
       error = null, since = clock_timestamp(), next_at = clock_timestamp() + $4 * interval '1 millisecond'
     where table_name = $1 and integration_id = $2`,
    [...keyOf(signal), signal.upTo, everyMs],
  );
}

export async function noteNotSignalled(
  { pool }: Pool,
  signal: OwedSignal,
  { error, pauseMs }: { error: string; pauseMs: number },
): Promise<void> {
  await pool.query(
    `update kombo_sync.changes_signals set failures = failures + 1, error = $3,
       next_at = clock_timestamp() + $4 * interval '1 millisecond'
     where table_name = $1 and integration_id = $2`,
    [...keyOf(signal), error, pauseMs],
  );
}

/** Milliseconds until the next owed signal is due; null if none is owed. */
export async function nextSignalMs({ pool }: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ ms: number | null }>(
    `select (extract(epoch from min(next_at) - clock_timestamp()) * 1000)::float8 as ms
     from kombo_sync.changes_signals where up_to > seq`,
  );
  return rows[0]?.ms ?? null;
}

export interface OwedSignals {
  count: number;
  /** Age of the oldest change that no signal has said. */
  seconds: number;
  /** Of the one that has failed most often. */
  failures: number;
  error: string | null;
}

/** What is owed, and what of the feed nothing has looked through. */
export async function readOwedSignals({ pool }: Pool): Promise<OwedSignals> {
  const { rows } = await pool.query<OwedSignals>(
    `select count(*)::int as count, coalesce(max(failures), 0) as failures,
       (array_agg(error order by failures desc) filter (where error is not null))[1] as error,
       greatest(0, coalesce(extract(epoch from clock_timestamp() - least(min(since),
         (select at from kombo_sync.changes where seq > (select f.seq from kombo_sync.changes_signals_found f)
          order by seq limit 1))), 0))::float8 as seconds
     from kombo_sync.changes_signals where up_to > seq`,
  );
  return rows[0]!;
}
