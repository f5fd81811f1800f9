import type pg from 'pg';
import type { Position } from './position.ts';
import { quote, type Settings } from './settings.ts';
import type { Change } from './types.ts';

/*
 * The first part of `from: 'beginning'`: the live rows, table by table in the order of their keys. Each is the row of that moment.
 * What is written meanwhile has a place in the feed behind the position, which was taken before; so it comes then, too, with
 * its row of that later moment: nothing is missing, and nothing older follows something newer.
 */

/** The next live rows, and the position behind them. Without rows the first part is over. */
export async function readCopies(
  client: pg.ClientBase,
  settings: Settings,
  { seq, copying }: Position,
  limit: number,
): Promise<{ changes: Change[]; position: Position }> {
  let { table, integrationId, id } = copying!;
  for (const next of await tablesFrom(client, settings, table)) {
    if (next !== table) [table, integrationId, id] = [next, '', ''];
    const changes = await copiesOf(client, settings, { table, integrationId, id }, seq, limit);
    const last = changes.at(-1);
    if (!last) continue;
    return {
      changes,
      position: { seq, copying: { table, integrationId: last.integrationId, id: last.id } },
    };
  }
  return { changes: [], position: { seq, copying: null } };
}

/** A table that is new since sorts anywhere: all of its rows are in the feed behind the position. */
async function tablesFrom(client: pg.ClientBase, settings: Settings, from: string): Promise<string[]> {
  const { data, tables } = settings;
  const { rows } = await client.query<{ name: string }>(
    `select c.relname::text as name from pg_class c
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and c.relname::text collate "C" >= $2
       and ($3::text[] is null or c.relname::text = any($3))
       and exists (select from pg_attribute where attrelid = c.oid and attname = 'deleted_at')
     order by c.relname::text collate "C"`,
    [data, from, tables],
  );
  return rows.map(({ name }) => name);
}

interface CopiedRow {
  integration_id: string;
  id: string;
  observed_at: Date;
}

async function copiesOf(
  client: pg.ClientBase,
  { data, service }: Settings,
  { table, integrationId, id }: NonNullable<Position['copying']>,
  seq: number,
  limit: number,
): Promise<Change[]> {
  const { rows } = await client.query<CopiedRow>(
    `select * from ${data}.${quote(table)}
     where (integration_id, id) > ($1, $2) and deleted_at is null order by integration_id, id limit $3`,
    [integrationId, id, limit],
  );
  if (rows.length === 0) return [];
  const origins = await client.query<{ id: string; origin_id: string | null }>(
    `select id, origin_id from ${service}.integrations where id = any($1)`,
    [[...new Set(rows.map((row) => row.integration_id))]],
  );
  const originOf = new Map(origins.rows.map((row) => [row.id, row.origin_id]));
  return rows.map(
    (row) =>
      ({
        seq,
        integrationId: row.integration_id,
        originId: originOf.get(row.integration_id) ?? null,
        table,
        id: row.id,
        op: 'created',
        at: row.observed_at,
        changedFields: null,
        row,
      }) as unknown as Change,
  );
}
