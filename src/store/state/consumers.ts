import { sql } from 'kysely';
import type { ChangeOp } from '../../domain/change-ops.ts';
import type { Store } from '../database.ts';

/** A reader of the change feed that keeps its position here. */
export interface Consumer {
  name: string;
  seq: number;
  /** Null for all of them. */
  tables: string[] | null;
  /** The table whose live rows it is reading first; null while it reads the feed. */
  copying: string | null;
  /** The process that works; null if none does. */
  holder: string | null;
  /** Changes that it has not handled, of any table; from `MOST_BEHIND` on they are not counted. */
  behind: number;
  /** Age of the oldest of them; 0 if there is none. */
  lagSeconds: number;
  /** Changes that it has skipped. */
  failures: number;
  lastError: string | null;
  lastErrorAt: Date | null;
  registeredAt: Date;
  updatedAt: Date;
}

/** To count more takes long, and says no more. */
export const MOST_BEHIND = 10_000;

const MOST_LISTED = 1_000;

export async function listConsumers(
  store: Pick<Store, 'db'>,
  { name, limit = MOST_LISTED }: { name?: string; limit?: number } = {},
): Promise<Consumer[]> {
  const { rows } = await sql<Consumer>`
    select c.name, c.seq, c.tables, nullif(c.copying_table, '') as copying,
      case when c.held_until > clock_timestamp() then c.holder end as holder,
      (select count(*)::int from (
        select from kombo_sync.changes where seq > c.seq limit ${MOST_BEHIND}) unread) as behind,
      coalesce((select extract(epoch from clock_timestamp() - at)::float8 from kombo_sync.changes
        where seq > c.seq order by seq limit 1), 0) as "lagSeconds",
      (select count(*)::int from kombo_sync.consumer_failures where consumer = c.name) as failures,
      c.last_error as "lastError", c.last_error_at as "lastErrorAt", c.registered_at as "registeredAt",
      c.updated_at as "updatedAt"
    from kombo_sync.consumers c
    where ${name ?? null}::text is null or c.name = ${name ?? null}::text
    order by c.name limit ${limit}`.execute(store.db);
  return rows;
}

/** Seconds by which each consumer is behind, for metrics: without counting. */
export async function consumerLags(store: Store): Promise<Map<string, number>> {
  const { rows } = await sql<{ name: string; seconds: number }>`
    select c.name, coalesce((select extract(epoch from clock_timestamp() - at)::float8 from kombo_sync.changes
      where seq > c.seq order by seq limit 1), 0) as seconds
    from kombo_sync.consumers c order by c.name limit 1000`.execute(store.db);
  return new Map(rows.map(({ name, seconds }) => [name, seconds]));
}

/**
 * Moves a consumer. The process that holds it loses it, and the next batch begins at the new position.
 *
 * @param to `beginning`, `now`, or a position.
 * @returns whether there is such a consumer.
 */
export async function resetConsumer(store: Store, name: string, to: string): Promise<boolean> {
  const position = to === 'beginning' || to === 'now' ? null : to;
  const { numAffectedRows } = await sql`
    update kombo_sync.consumers set seq = coalesce(${position}::bigint, kombo_sync.changes_horizon()),
      copying_table = ${to === 'beginning' ? '' : null}, copied_integration = '', copied_id = '',
      holder = null, held_until = null, last_error = null, last_error_at = null, updated_at = clock_timestamp()
    where name = ${name}`.execute(store.db);
  return numAffectedRows === 1n;
}

/** With the changes that it has skipped. Its process ends. */
export async function removeConsumer(store: Store, name: string): Promise<boolean> {
  const { numAffectedRows } = await sql`delete from kombo_sync.consumers where name = ${name}`.execute(
    store.db,
  );
  return numAffectedRows === 1n;
}

/** Has a consumer take up again what it has skipped. Returns how many changes. */
export async function retryFailures(store: Store, name: string): Promise<number> {
  const { numAffectedRows } = await sql`
    update kombo_sync.consumer_failures set retry_at = clock_timestamp() where consumer = ${name}`.execute(
    store.db,
  );
  return Number(numAffectedRows ?? 0);
}

/** A change that a consumer has skipped. */
export interface ConsumerFailure {
  seq: number;
  tableName: string;
  integrationId: string;
  id: string;
  op: ChangeOp;
  error: string;
  tries: number;
  failedAt: Date;
  /** It is to be taken up again. */
  isDue: boolean;
}

/** The oldest ones. */
export async function listFailures(store: Store, name: string, limit: number): Promise<ConsumerFailure[]> {
  const { rows } = await sql<ConsumerFailure>`
    select seq, table_name as "tableName", integration_id as "integrationId", id, op, error, tries,
      failed_at as "failedAt", retry_at is not null as "isDue"
    from kombo_sync.consumer_failures where consumer = ${name}
    order by seq, table_name, integration_id, id limit ${limit}`.execute(store.db);
  return rows;
}
