import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import { namesOf, nestedNamesOf } from '../../domain/model-names.ts';
import { patiently, transaction, type Store } from '../database.ts';
import { isChosenBy } from '../sql.ts';
import { quote } from './data-tables.ts';
import { beginWrite } from './begin-write.ts';
import { uncountErased } from './row-counts.ts';

/* Erases the rows of an endpoint that is no longer chosen. It deletes them, because no tombstone brings them back. */

const BATCH = 2_000;

export interface LeftOut {
  integrationId: string;
  endpoint: EndpointDefinition;
  /** The settings leave it out. Otherwise the choice of the integration must, at the moment of each batch. */
  bySettings: boolean;
}

/** The service's tables about an endpoint's reads and records. Its state goes first, so that it counts as never read. */
const KNOWN = ['endpoint_states', 'passes', 'debts', 'rejected_records', 'drift'];

/** Whether it is still left out. The lock makes a new choice wait. $1 integration · $2 by settings · $3, $4 names */
const STILL_LEFT_OUT = `left_out as materialized (
  select 1 from (
    select id, models, exclude_models from kombo_sync.integrations where id = $1 for share) i,
    (values ($3::text, $4::text)) as e(names, nested)
  where $2::boolean or not ${isChosenBy('i')})`;

/**
 * Erases some thousands of rows. The change feed reports each as erased.
 *
 * @returns how many rows of the table; undefined if nothing is left, or if it has been chosen again.
 */
export async function eraseLeftOutSome(store: Store, left: LeftOut): Promise<number | undefined> {
  const { integrationId, endpoint, bySettings } = left;
  const about = [integrationId, bySettings, namesOf(endpoint).join(' '), nestedNamesOf(endpoint).join(' ')];
  for (const name of KNOWN) {
    const table = `kombo_sync.${name}`;
    const { rowCount } = await patiently(store.pool, (query) =>
      query(
        `with ${STILL_LEFT_OUT}
         delete from ${table} where ctid = any(array(
           select ctid from ${table} where integration_id = $1 and endpoint = $5
             and exists (select from left_out) limit ${BATCH}))`,
        [...about, endpoint.path],
      ),
    );
    if (rowCount) return 0;
  }
  const table = `kombo.${quote(endpoint.table)}`;
  const rows = await transaction(store.pool, async (client) => {
    await beginWrite(client, { integrationId, endpoint });
    const { rowCount } = await client.query(
      `with ${STILL_LEFT_OUT}, erased as (
         delete from ${table} where ctid = any(array(
           select ctid from ${table} where integration_id = $1 and exists (select from left_out) limit ${BATCH}))
         returning id, deleted_at
       ), ${uncountErased(endpoint.table)}
       insert into kombo_sync.changes (integration_id, table_name, id, op)
       select $1, '${endpoint.table}', id, 'erased' from erased order by id`,
      about,
    );
    return rowCount ?? 0;
  });
  return rows > 0 ? rows : undefined;
}

/** Integrations for which an endpoint has rows or was read; if there are many, only some. */
export async function holdersOf(
  store: Store,
  endpoint: EndpointDefinition,
  after: string,
): Promise<string[]> {
  const { rows } = await patiently(store.pool, (query) =>
    query<{ id: string }>(
      `select i.id from kombo_sync.integrations i
       where i.id > $2 and (
         exists (select from kombo.${quote(endpoint.table)} where integration_id = i.id)
         or exists (select from kombo_sync.passes where integration_id = i.id and endpoint = $1)
         or exists (select from kombo_sync.rejected_records where integration_id = i.id and endpoint = $1))
       order by i.id limit 500`,
      [endpoint.path, after],
    ),
  );
  return rows.map(({ id }) => id);
}
