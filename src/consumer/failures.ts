import type pg from 'pg';
import { withRows, type Entry } from './feed.ts';
import { storable } from './position.ts';
import type { Settings } from './settings.ts';
import type { Change } from './types.ts';

/* Changes that `onError` has skipped. They come back when you ask for it, in a transaction of their own. */

const KEY = `consumer = $1 and seq = $2 and table_name = $3 and integration_id = $4 and id = $5`;

const keyOf = ({ consumer }: Settings, { seq, table, integrationId, id }: Change) => [
  consumer,
  seq,
  table,
  integrationId,
  id,
];

/** Sets a change aside in the open transaction. */
export async function setAside(
  client: pg.ClientBase,
  settings: Settings,
  change: Change,
  message: string,
): Promise<void> {
  await client.query(
    `insert into ${settings.service}.consumer_failures
       (consumer, seq, table_name, integration_id, id, op, at, changed_fields, error)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (consumer, seq, table_name, integration_id, id) do update set
       error = excluded.error, failed_at = now(), tries = consumer_failures.tries + 1, retry_at = null`,
    [...keyOf(settings, change), change.op, change.at, change.changedFields, storable(message)],
  );
}

/** The first change that is to be tried again, with its row as it is now. */
export async function nextRetry(client: pg.ClientBase, settings: Settings): Promise<Change | undefined> {
  const { service, consumer } = settings;
  const { rows } = await client.query<Omit<Entry, 'seq'> & { seq: string }>(
    `select f.seq::text, f.integration_id as "integrationId", i.origin_id as "originId", f.table_name as "table", f.id,
       f.op, f.at, f.changed_fields as "changedFields"
     from ${service}.consumer_failures f left join ${service}.integrations i on i.id = f.integration_id
     where f.consumer = $1 and f.retry_at is not null order by f.seq, f.table_name, f.integration_id, f.id limit 1`,
    [consumer],
  );
  const [entry] = rows;
  if (!entry) return undefined;
  const [change] = await withRows(client, settings, [{ ...entry, seq: Number(entry.seq) }]);
  return change;
}

/** It has been handled. */
export async function settle(client: pg.ClientBase, settings: Settings, change: Change): Promise<void> {
  await client.query(
    `delete from ${settings.service}.consumer_failures where ${KEY}`,
    keyOf(settings, change),
  );
}

/** It has failed again, and waits for the next time you ask. */
export async function keepAside(
  client: pg.ClientBase,
  settings: Settings,
  change: Change,
  message: string,
): Promise<void> {
  await client.query(
    `update ${settings.service}.consumer_failures
     set error = $6, tries = tries + 1, failed_at = now(), retry_at = null where ${KEY}`,
    [...keyOf(settings, change), storable(message)],
  );
}
