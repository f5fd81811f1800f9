import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import { patiently, type Store } from '../database.ts';
import { quote } from './data-tables.ts';

/*
 * How many rows an integration has in a table. Every statement that inserts, deletes or marks rows moves the number, so that no
 * reader has to count. Writers of one integration and table wait for each other anyway (`begin_write`), so its row adds no wait.
 */

export interface RowCount {
  live: number;
  deleted: number;
}

export const NO_ROWS: RowCount = { live: 0, deleted: 0 };

/**
 * A step of a statement that changes rows. It adds what changed to the count; the integration is parameter $1.
 *
 * @param change SQL for how many more there are now, over the rows of `from`.
 */
export const countStep = (
  table: string,
  change: { live: string; deleted: string; from: string },
) => `counted as (
  insert into kombo_sync.row_counts as c (integration_id, table_name, live, deleted)
  select $1::text, '${table}', live, deleted
  from (select ${change.live} as live, ${change.deleted} as deleted from ${change.from}) as more
  where live <> 0 or deleted <> 0
  on conflict (integration_id, table_name) do update set
    live = c.live + excluded.live, deleted = c.deleted + excluded.deleted
)`;

/** The same for a step `erased` that has deleted rows and returns their `deleted_at`. */
export const uncountErased = (table: string) =>
  countStep(table, {
    live: '-count(*) filter (where deleted_at is null)',
    deleted: '-count(deleted_at)',
    from: 'erased',
  });

/** The same for rows of `from` that were live and are deleted now. */
export const countDeleted = (table: string, from: string) =>
  countStep(table, { live: '-count(*)', deleted: 'count(*)', from });

/** The counts of an integration, by table. A table without one has no rows. */
export async function readRowCounts(store: Store, integrationId: string): Promise<Map<string, RowCount>> {
  const { rows } = await store.pool.query<RowCount & { table_name: string }>(
    `select table_name, greatest(live, 0) as live, greatest(deleted, 0) as deleted
     from kombo_sync.row_counts where integration_id = $1`,
    [integrationId],
  );
  return new Map(rows.map(({ table_name: table, live, deleted }) => [table, { live, deleted }]));
}

/** The counts of all integrations and tables together. */
export async function sumRowCounts({ pool }: Pick<Store, 'pool'>): Promise<RowCount> {
  const { rows } = await pool.query<RowCount>(
    `select greatest(coalesce(sum(live), 0), 0)::float8 as live, greatest(coalesce(sum(deleted), 0), 0)::float8 as deleted
     from kombo_sync.row_counts`,
  );
  return rows[0]!;
}

/** How many rows each of these endpoints has, for one integration or for all. Leaves out endpoints without rows. */
export async function countRows(
  store: Store,
  integrationId: string | null,
  endpoints: readonly EndpointDefinition[],
): Promise<{ table: string; rows: number }[]> {
  const { rows } = await store.pool.query<{ table: string; rows: number }>(
    `select table_name as table, sum(live + deleted)::float8 as rows
     from kombo_sync.row_counts
     where table_name = any($2) and ($1::text is null or integration_id = $1)
     group by table_name having sum(live + deleted) > 0`,
    [integrationId, endpoints.map(({ table }) => table)],
  );
  const found = new Map(rows.map((row) => [row.table, row]));
  return endpoints.flatMap(({ table }) => found.get(table) ?? []);
}

/** The rows of an integration in a table, and the count at the same moment: one statement sees both or neither of a write. */
export interface Comparison extends RowCount {
  /** Null if there is none. */
  counted: (RowCount & { corrections: number }) | null;
}

/** SQL for the columns of a comparison over the rows `t` of an integration. */
export const comparisonSql = (integration: string, table: string) => `
  count(*) filter (where t.deleted_at is null)::int as live,
  count(*) filter (where t.deleted_at is not null)::int as deleted,
  (select json_build_object('live', live, 'deleted', deleted, 'corrections', corrections)
   from kombo_sync.row_counts where integration_id = ${integration} and table_name = '${table}') as counted`;

/**
 * Adds what a comparison has found to be missing from the count. What was written since then has moved both, so nothing has to
 * be locked; and of two comparisons at once, one puts it right.
 *
 * @returns what was added, or null if the count was right.
 */
export async function correctCount(
  { pool }: Pick<Store, 'pool'>,
  integrationId: string,
  table: string,
  { live, deleted, counted }: Comparison,
): Promise<RowCount | null> {
  const off = { live: live - (counted?.live ?? 0), deleted: deleted - (counted?.deleted ?? 0) };
  if (off.live === 0 && off.deleted === 0) return null;
  const { rowCount } = await pool.query(
    `insert into kombo_sync.row_counts as c (integration_id, table_name, live, deleted, corrections)
     values ($1, $2, $3, $4, 1)
     on conflict (integration_id, table_name) do update set live = c.live + excluded.live,
       deleted = c.deleted + excluded.deleted, corrections = c.corrections + 1
     where c.corrections = $5`,
    [integrationId, table, off.live, off.deleted, counted?.corrections ?? 0],
  );
  return rowCount ? off : null;
}

/** Compares the count of an integration and table with the rows, and puts it right. Reads all of them, and locks none. */
export async function recount(store: Store, integrationId: string, table: string): Promise<RowCount | null> {
  const comparison = await patiently(store.pool, async (query) => {
    const { rows } = await query<Comparison>(
      `select ${comparisonSql('$1', table)} from kombo.${quote(table)} t where t.integration_id = $1`,
      [integrationId],
    );
    return rows[0]!;
  });
  return correctCount(store, integrationId, table, comparison);
}

/**
 * Integrations that have rows in a table but no count of them; with `all`, those that have either. Goes from one integration
 * to the next by the primary key, so that it does not read the rows.
 */
export async function integrationsToRecount(
  store: Store,
  table: string,
  { all }: { all: boolean },
): Promise<string[]> {
  const name = `kombo.${quote(table)}`;
  const { rows } = await patiently(store.pool, (query) =>
    query<{ id: string }>(
      `with recursive held (id) as (
         (select integration_id from ${name} order by integration_id limit 1)
         union all
         select (select t.integration_id from ${name} t where t.integration_id > held.id order by t.integration_id limit 1)
         from held where held.id is not null
       ), counted as (select integration_id as id from kombo_sync.row_counts where table_name = $1)
       select id from held where id is not null and ($2 or not exists (select from counted c where c.id = held.id))
       union select id from counted where $2
       order by id`,
      [table, all],
    ),
  );
  return rows.map(({ id }) => id);
}
