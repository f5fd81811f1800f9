import type pg from 'pg';
import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import { patiently, transaction, type Store } from '../database.ts';
import { storedEndpoints } from '../state/extra-endpoints.ts';
import { quote } from './data-tables.ts';
import { beginWrite } from './begin-write.ts';
import { countDeleted } from './row-counts.ts';

const BATCH = 500;

/** Empties rows except for their keys and times. Parameters: $1 integration_id · $2 ids · $3 number of the moment */
function blankSql({ table, path, fields }: EndpointDefinition): string {
  const blank = Object.keys(fields).map((name) => `${quote(name)} = null, `);
  return `
with kept as materialized (
  select id, deleted_at is null as lived from kombo.${quote(table)}
  where integration_id = $1 and id = any($2) and erased_at is null
), erased as (
  update kombo.${quote(table)} t set ${blank.join('')}raw = jsonb_build_object('id', t.id), erased_at = clock_timestamp(),
    deleted_at = coalesce(t.deleted_at, clock_timestamp()), asked_seq = $3::bigint, arrived_seq = $3::bigint
  from kept where t.integration_id = $1 and t.id = kept.id
  returning t.id, kept.lived
), ${countDeleted(table, 'erased where lived')}, set_aside as (
  delete from kombo_sync.rejected_records
  where integration_id = $1 and endpoint = '${path}' and record_key = any($2)
  returning 1
), logged as (
  insert into kombo_sync.changes (integration_id, table_name, id, op)
  select $1, '${table}', id, 'erased' from erased order by id
)
select (select count(*)::int from erased) as rows, (select count(*)::int from set_aside) as set_aside`;
}

interface Erased {
  rows: number;
  /** Copies of records that could not be stored. */
  setAside: number;
}

async function blank(
  client: pg.ClientBase,
  integrationId: string,
  endpoint: EndpointDefinition,
  ids: readonly string[],
): Promise<Erased> {
  const seq = await beginWrite(client, { integrationId, endpoint });
  const { rows } = await client.query<{ rows: number; set_aside: number }>(blankSql(endpoint), [
    integrationId,
    ids,
    seq,
  ]);
  return { rows: rows[0]!.rows, setAside: rows[0]!.set_aside };
}

/**
 * Erases the fields of some records of one table and integration that were deleted at least `afterMs` ago. The row
 * stays without them, because Kombo keeps returning the tombstone, which would bring them back.
 *
 * @returns how many rows were erased; 0 if none is left.
 */
export async function eraseDeletedSome(store: Store, afterMs: number): Promise<number> {
  for (const endpoint of await storedEndpoints(store.pool)) {
    const due = await store.pool.query<{ integration_id: string; ids: string[] }>(
      `with due as (
         select integration_id, id from kombo.${quote(endpoint.table)}
         where deleted_at is not null and erased_at is null
           and deleted_at < now() - $1::float8 * interval '1 millisecond'
         order by deleted_at limit ${BATCH})
       select integration_id, array_agg(id) as ids from due group by integration_id limit 1`,
      [afterMs],
    );
    const [some] = due.rows;
    if (!some) continue;
    const { rows } = await transaction(store.pool, (client) =>
      blank(client, some.integration_id, endpoint, some.ids),
    );
    return rows;
  }
  return 0;
}

/** Erases one record, live or deleted, with its rejected copies. */
export async function eraseRecord(
  store: Store,
  integrationId: string,
  endpoint: EndpointDefinition,
  id: string,
): Promise<Erased> {
  return transaction(store.pool, (client) => blank(client, integrationId, endpoint, [id]));
}

/** What is kept here of a record. */
export interface KeptRecord {
  row: 'live' | 'deleted' | 'erased' | null;
  setAside: number;
  changes: number;
}

export async function findRecord(
  store: Store,
  integrationId: string,
  { table, path }: EndpointDefinition,
  id: string,
): Promise<KeptRecord> {
  // The change feed has no index for it.
  const { rows } = await patiently(store.pool, (query) =>
    query<KeptRecord>(
      `select
       (select case when erased_at is not null then 'erased' when deleted_at is not null then 'deleted' else 'live' end
        from kombo.${quote(table)} where integration_id = $1 and id = $2) as row,
       (select count(*)::int from kombo_sync.rejected_records
        where integration_id = $1 and endpoint = $3 and record_key = $2) as "setAside",
       (select count(*)::int from kombo_sync.changes
        where integration_id = $1 and table_name = $4 and id = $2) as changes`,
      [integrationId, id, path, table],
    ),
  );
  return rows[0]!;
}

/** Records of one table that name another record, and may hold a copy of it. */
export interface Mentions {
  table: string;
  /** The ids of the first ones. */
  ids: string[];
  more: boolean;
}

const LISTED = 20;

/** Finds the id of a record in other records of its integration. Reads all of them, which takes a while. */
export async function findMentions(
  store: Store,
  integrationId: string,
  { table, category }: EndpointDefinition,
  id: string,
): Promise<Mentions[]> {
  const found: Mentions[] = [];
  const stored = await storedEndpoints(store.pool);
  for (const other of stored.filter((endpoint) => endpoint.category === category)) {
    const { rows } = await patiently(store.pool, (query) =>
      query<{ id: string }>(
        `select id from kombo.${quote(other.table)}
         where integration_id = $1 and not ($3 and id = $2)
           and jsonb_path_exists(raw, '$.** ? (@ == $id)', jsonb_build_object('id', $2::text))
         order by id limit ${LISTED + 1}`,
        [integrationId, id, other.table === table],
      ),
    );
    if (rows.length === 0) continue;
    const ids = rows.slice(0, LISTED).map((row) => row.id);
    found.push({ table: other.table, ids, more: rows.length > LISTED });
  }
  return found;
}
