import type pg from 'pg';
import type { ChangeOp } from '../domain/change-ops.ts';
import { ConsumerStopped } from './errors.ts';
import { messageOf, quote, type Settings } from './settings.ts';
import type { Change } from './types.ts';

/** What a batch hands over, and where the position is after it. */
export interface Entry {
  seq: number;
  integrationId: string;
  originId: string | null;
  table: string;
  id: string;
  op: ChangeOp;
  at: Date;
  changedFields: string[] | null;
}

/** If only some tables are wanted, so much of the feed is looked through at once, at most. */
const LONGEST_STRETCH = 5_000;

/** How much of the feed to look through next: more while little of it is wanted, so that nothing is read in vain. */
export function nextStretch(stretch: number, limit: number, found: number): number {
  if (found >= limit) return Math.max(limit, Math.floor(stretch / 2));
  return found * 2 < limit ? Math.min(LONGEST_STRETCH, stretch * 2) : stretch;
}

/** SQLSTATEs of `read_changes` when it cannot continue after a position. */
const BEHIND = ['KS001', 'KS002'];

/**
 * Changes after a position, and the position behind them, which moves past those of other tables, too.
 *
 * @param stretch how many changes of any table it looks through.
 */
export async function readEntries(
  client: pg.ClientBase,
  settings: Settings,
  after: number,
  { limit, stretch }: { limit: number; stretch: number },
): Promise<{ entries: Entry[]; seq: number }> {
  const { service, tables, consumer } = settings;
  const { rows } = await client
    .query<Omit<Entry, 'seq'> & { seq: string; last: string }>(
      `with stretch as materialized (select * from ${service}.read_changes($1, $2)),
         wanted as (select * from stretch where $3::text[] is null or table_name = any($3) order by seq limit $4),
         reached as (select case when (select count(*) from wanted) = $4 then (select max(seq) from wanted)
           else (select max(seq) from stretch) end as last)
       select w.seq::text, w.integration_id as "integrationId", i.origin_id as "originId", w.table_name as "table", w.id,
         w.op, w.at, w.changed_fields as "changedFields", r.last::text
       from reached r left join wanted w on true left join ${service}.integrations i on i.id = w.integration_id
       order by w.seq`,
      [after, tables ? Math.max(limit, stretch) : limit, tables, limit],
    )
    .catch((error: unknown) => {
      const { code, detail } = error as { code?: string; detail?: string };
      if (!BEHIND.includes(code ?? '')) throw error;
      throw new ConsumerStopped(
        'behind',
        `${messageOf(error)} ${detail} Begin anew with: kombo-sync consumers reset ${consumer} --to beginning`,
        { cause: error },
      );
    });
  const seq = Number(rows[0]?.last ?? after);
  // Without a change there is one row, which says only how far the feed was looked through.
  const entries = rows.flatMap((row) => (row.seq === null ? [] : entryOf(row)));
  return { entries, seq };
}

function entryOf(row: Omit<Entry, 'seq'> & { seq: string }): Entry {
  const { integrationId, originId, table, id, op, at, changedFields } = row;
  return { seq: Number(row.seq), integrationId, originId, table, id, op, at, changedFields };
}

/** Gives each entry its row as it is now. Several changes of one row share it. */
export async function withRows(
  client: pg.ClientBase,
  { data }: Settings,
  entries: readonly Entry[],
): Promise<Change[]> {
  const rows = new Map<string, unknown>();
  for (const [table, own] of Map.groupBy(entries, (entry) => entry.table)) {
    // `offset 0` makes it look each row up by its key, even if the table was tiny when its statistics were made.
    const { rows: found } = await client.query<{
      integration_id: string;
      id: string;
      erased_at: Date | null;
    }>(
      `select t.* from (select distinct * from unnest($1::text[], $2::text[]) k(integration_id, id)) k,
         lateral (select * from ${data}.${quote(table)} t
           where t.integration_id = k.integration_id and t.id = k.id offset 0) t`,
      [own.map(({ integrationId }) => integrationId), own.map(({ id }) => id)],
    );
    for (const row of found) {
      if (row.erased_at === null) rows.set(keyOf(table, row.integration_id, row.id), row);
    }
  }
  return entries.map(
    (entry) =>
      ({ ...entry, row: rows.get(keyOf(entry.table, entry.integrationId, entry.id)) ?? null }) as Change,
  );
}

const keyOf = (...parts: string[]) => JSON.stringify(parts);
