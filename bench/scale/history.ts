import type pg from 'pg';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import type { Store } from '../../src/store/database.ts';

export const CATEGORY = 'HRIS';
export const PATHS = enabledEndpoints(CATEGORY).map(({ path }) => path);
/** Full syncs come once a week. */
export const FULL_EVERY_DAYS = 7;
/** A quiet catch-up comes every six hours. */
export const CHECKS_A_DAY = 4;

export interface Filled {
  integrations: number;
  days: number;
}

/** What 90 days leave of integrations in which nothing happens: their full syncs, and one row for all quiet checks of an endpoint. */
export async function fillHistory({ pool: all }: Store, { integrations, days }: Filled): Promise<void> {
  const pool = await all.connect();
  // So many rows at once take longer than any statement of the service may.
  await pool.query('set statement_timeout = 0');
  await pool.query(
    `insert into kombo_sync.integrations (id, tool, category, status, created_at, status_since, temporal_due_at, looked_up_at)
     select 'personio:' || substr(md5(n::text), 1, 24), 'personio', $2, 'active', now() - $3 * interval '1 day',
       now() - $3 * interval '1 day', null, now()
     from generate_series(1, $1::int) n`,
    [integrations, CATEGORY, days],
  );
  const weeks = Math.floor(days / FULL_EVERY_DAYS);
  for (let week = weeks; week >= 0; week -= 1) await insertFull(pool, week);
  await pool.query(
    `insert into kombo_sync.passes (${COLUMNS}, quiet_checks, quiet_since)
     select ${row('delta', 'catch-up', "i.id || 'quiet'")}, $2, now() - $3 * interval '1 day'
     from kombo_sync.integrations i cross join unnest($1::text[]) e(path)
     cross join lateral (select now() - (hashtext(i.id) & 16383) * interval '1 second' as at) t`,
    [PATHS, days * CHECKS_A_DAY, days],
  );
  await pool.query(
    `insert into kombo_sync.endpoint_states
     select integration_id, endpoint, max(watermark_at), max(id), max(started_at) filter (where kind = 'full'), max(finished_at) filter (where kind = 'full'), max(id) filter (where kind = 'full'), 'none'
     from kombo_sync.passes group by integration_id, endpoint`,
  );
  await pool.query(
    `insert into kombo_sync.row_counts (integration_id, table_name, live, deleted)
     select i.id, t.name, 40, 2 from kombo_sync.integrations i cross join unnest($1::text[]) t(name)`,
    [enabledEndpoints(CATEGORY).map(({ table }) => table)],
  );
  await pool.query('vacuum analyze');
  pool.release(true);
}

async function insertFull(pool: pg.ClientBase, week: number): Promise<void> {
  await pool.query(
    `insert into kombo_sync.passes (${COLUMNS})
     select ${row('full', 'schedule', 'i.id || $2::text')}
     from kombo_sync.integrations i cross join unnest($1::text[]) e(path)
     cross join lateral (
       select now() - interval '6 hours' - ($2::int * ${FULL_EVERY_DAYS}) * interval '1 day' - (hashtext(i.id) & 16383) * interval '1 second' as at) t`,
    [PATHS, week],
  );
  await pool.query(
    `insert into kombo_sync.drift (pass_id, sync_id, integration_id, endpoint, missing, stale, wrongly_live, wrongly_deleted, expected, verdict, at)
     select id, sync_id, integration_id, endpoint, 0, 0, 0, 0, 0, 'none', finished_at from kombo_sync.passes
     where id > coalesce((select max(pass_id) from kombo_sync.drift), 0) and kind = 'full'`,
  );
}

const COLUMNS = `sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because, state, updated_after, watermark_at,
  moves_watermark, drift_before, version, pages, records, unchanged, sweep_state, started_at, active_at, finished_at`;

/** A finished pass with ids as long as real ones, of integration `i`, endpoint `e` and start `t.at`; \`sync\` is SQL that tells syncs apart. */
function row(kind: 'full' | 'delta', trigger: 'schedule' | 'catch-up', sync: string): string {
  const run = `md5(${sync})::uuid`;
  const isFull = kind === 'full';
  return `${run} || '/1', '${isFull ? 'full-sync' : 'catch-up'}/' || i.id || '-2026-11-26T00:00:00Z', ${run}, i.id, e.path, '${kind}',
    '${trigger}', '${isFull ? 'full-sync' : 'catch-up'}', 'completed', ${isFull ? 'null::timestamptz' : "t.at - interval '6 hours'"}, t.at, true,
    ${isFull ? "t.at - interval '6 hours'" : 'null'}, 1, 1, ${isFull ? '40, 40' : '0, 0'}, '${isFull ? 'done' : 'none'}', t.at, t.at,
    t.at + interval '1 second'`;
}

/** Bytes of a quiet check that has a row of its own, with its share of the indexes: what each of them cost before. */
export async function bytesOfOwnRow({ pool }: Store): Promise<number> {
  await pool.query('create schema bench');
  await pool.query('create table bench.passes (like kombo_sync.passes including all) with (fillfactor = 70)');
  const { rows } = await pool.query<{ bytes: number }>(
    `with filled as (
       insert into bench.passes (${COLUMNS})
       select ${row('delta', 'catch-up', 'i.id || k')}
       from generate_series(1, $2::int) k
       cross join (select id from kombo_sync.integrations order by id limit 50) i cross join unnest($1::text[]) e(path)
       cross join lateral (select now() - k * interval '6 hours' as at) t
       returning 1)
     select count(*)::int as bytes from filled`,
    [PATHS, 200],
  );
  const size = await pool.query<{ bytes: number }>(
    `select pg_total_relation_size('bench.passes')::float8 as bytes`,
  );
  await pool.query('drop schema bench cascade');
  return size.rows[0]!.bytes / rows[0]!.bytes;
}

/** Bytes of each table that grows with the history, its indexes included. */
export async function sizes({ pool }: Store): Promise<{ table: string; bytes: number; rows: number }[]> {
  const { rows } = await pool.query<{ table: string; bytes: number; rows: number }>(
    `select relname as table, pg_total_relation_size(oid)::float8 as bytes, reltuples::float8 as rows from pg_class
     where relnamespace = 'kombo_sync'::regnamespace and relkind = 'r' and reltuples > 1000 order by 2 desc`,
  );
  return rows;
}
