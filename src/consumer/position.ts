import type pg from 'pg';
import { ConsumerStopped } from './errors.ts';
import type { Settings } from './settings.ts';

/*
 * The row of a consumer in `consumers`. Each batch locks it and reads the position inside its own transaction: that alone makes
 * effects exactly once, even if two processes take themselves for the holder. The name of the holder keeps the others waiting.
 */

/** How long a holder that does nothing is waited for. It renews this while it is idle, too. */
const HELD_FOR = `interval '6 seconds'`;

export interface Position {
  seq: number;
  /** While live rows are handed over: behind which row, and of which table. */
  copying: { table: string; integrationId: string; id: string } | null;
}

interface PositionRow {
  seq: string;
  copying_table: string | null;
  copied_integration: string;
  copied_id: string;
  has_retries: boolean;
}

/** Registers a name that is new. The position is taken before any row is read, so that nothing falls between rows and feed. */
export async function register(client: pg.ClientBase, settings: Settings): Promise<void> {
  const { service, consumer, tables, from } = settings;
  const { rowCount } = await client.query(
    `update ${service}.consumers set tables = $2 where name = $1 and tables is distinct from $2`,
    [consumer, tables],
  );
  if (rowCount) return;
  await client.query(
    `insert into ${service}.consumers (name, seq, tables, copying_table)
     select $1, coalesce($2::bigint, ${service}.changes_horizon()), $3, $4
     where not exists (select from ${service}.consumers where name = $1)
     on conflict do nothing`,
    [consumer, typeof from === 'number' ? from : null, tables, from === 'beginning' ? '' : null],
  );
}

/** Becomes the holder if there is none. Does not wait for one that is at work. */
export async function take(client: pg.ClientBase, settings: Settings, holder: string): Promise<boolean> {
  const { service, consumer } = settings;
  const { rowCount } = await client.query(
    `update ${service}.consumers c set holder = $2, held_until = clock_timestamp() + ${HELD_FOR}
     where c.name in (
       select name from ${service}.consumers where name = $1
         and (holder is null or holder = $2 or held_until < clock_timestamp())
       for update skip locked)`,
    [consumer, holder],
  );
  if (rowCount) return true;
  await requireRegistered(client, settings);
  return false;
}

/** Lets others take over at once. */
export async function release(client: pg.ClientBase, settings: Settings, holder: string): Promise<void> {
  const { service, consumer } = settings;
  await client.query(
    `update ${service}.consumers set holder = null, held_until = null where name = $1 and holder = $2`,
    [consumer, holder],
  );
}

async function requireRegistered(client: pg.ClientBase, { service, consumer }: Settings): Promise<void> {
  const { rowCount } = await client.query(`select from ${service}.consumers where name = $1`, [consumer]);
  if (rowCount) return;
  throw new ConsumerStopped(
    'removed',
    `Consumer ${consumer} was removed. Start it again to register it anew.`,
  );
}

/** A session that says nothing for so long has lost its process, and Postgres ends its transaction. */
const SILENT = '20s';

export interface Locked {
  position: Position;
  /** Whether something that was skipped is to be tried again. */
  hasRetries: boolean;
}

/**
 * Begins a transaction and locks the position, in one round trip. A batch that another transaction holds up is tried again.
 *
 * @returns undefined if it is held by another process by now.
 */
export async function begin(
  client: pg.ClientBase,
  settings: Settings,
  holder: string,
): Promise<Locked | undefined> {
  const { service, consumer } = settings;
  const name = client.escapeLiteral(consumer);
  const [row] = await lastOf<PositionRow>(
    client,
    `begin isolation level read committed read write;
     set local idle_in_transaction_session_timeout = '${SILENT}'; set local lock_timeout = '10s';
     select seq::text, copying_table, copied_integration, copied_id,
       exists (select from ${service}.consumer_failures where consumer = ${name} and retry_at is not null) as has_retries
     from ${service}.consumers where name = ${name} and holder = ${client.escapeLiteral(holder)} for update`,
  );
  if (!row) {
    await requireRegistered(client, settings);
    return undefined;
  }
  const { copying_table: table, copied_integration: integrationId, copied_id: id } = row;
  const copying = table === null ? null : { table, integrationId, id };
  return { position: { seq: Number(row.seq), copying }, hasRetries: row.has_retries };
}

/** Moves the position, holds it for some seconds more, and commits, in one round trip. */
export async function finish(
  client: pg.ClientBase,
  { service, consumer }: Settings,
  { seq, copying }: Position,
): Promise<void> {
  const table = copying ? client.escapeLiteral(copying.table) : 'null';
  await client.query(
    `update ${service}.consumers set seq = ${seq}, copying_table = ${table},
       copied_integration = ${client.escapeLiteral(copying?.integrationId ?? '')},
       copied_id = ${client.escapeLiteral(copying?.id ?? '')},
       held_until = clock_timestamp() + ${HELD_FOR}, updated_at = clock_timestamp(), last_error = null,
       last_error_at = null
     where name = ${client.escapeLiteral(consumer)};
     commit`,
  );
}

/** The rows of the last of several statements. */
async function lastOf<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  statements: string,
): Promise<Row[]> {
  const results = (await client.query(statements)) as unknown as pg.QueryResult<Row>[];
  return results.at(-1)!.rows;
}

/** @returns false if another process has taken over. */
export async function renew(client: pg.ClientBase, settings: Settings, holder: string): Promise<boolean> {
  const { service, consumer } = settings;
  const { rowCount } = await client.query(
    `update ${service}.consumers set held_until = clock_timestamp() + ${HELD_FOR} where name = $1 and holder = $2`,
    [consumer, holder],
  );
  if (!rowCount) await requireRegistered(client, settings);
  return Boolean(rowCount);
}

const LONGEST_MESSAGE = 500;

export async function noteError(
  client: pg.ClientBase,
  { service, consumer }: Settings,
  message: string,
): Promise<void> {
  await client.query(
    `update ${service}.consumers set last_error = $2, last_error_at = clock_timestamp() where name = $1`,
    [consumer, storable(message)],
  );
}

/** Postgres holds no NUL. */
export const storable = (message: string) => message.replaceAll('\0', '').slice(0, LONGEST_MESSAGE);
