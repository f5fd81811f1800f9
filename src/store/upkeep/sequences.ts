import type pg from 'pg';
import { quote } from '../records/data-tables.ts';
import type { Schemas } from '../schemas.ts';

/**
 * A sequence that would return numbers in use, for example after logical replication, which does not copy sequences.
 */
interface LaggingSequence {
  /** With its schema. */
  name: string;
  last: string;
  /** The highest number in use. */
  used: string;
}

/** How many rows of each data table show whether `observations` lags behind. */
const SAMPLE = 1_000;

/**
 * Compares sequences with the numbers in use: a column's sequence with that column, and `observations` with every
 * column that holds its numbers. Their names all end in `_seq`.
 *
 * @param whole whether to check every row of the data, which may take minutes.
 */
export async function findLaggingSequences(
  client: pg.ClientBase | pg.Pool,
  schemas: Schemas,
  whole = false,
): Promise<LaggingSequence[]> {
  const { rows: uses } = await client.query<Use>(USES, [schemas.service, schemas.data]);
  if (uses.length === 0) return [];
  const used = Map.groupBy(uses, ({ sequence }) => sequence);
  const parts = [...used].map(([sequence, columns]) => {
    const highest = columns.map(({ table, column, inData }) =>
      inData && !whole
        ? `(select max(${quote(column)}) from (select ${quote(column)} from ${table} limit ${SAMPLE}) some_rows)`
        : `(select max(${quote(column)}) from ${table})`,
    );
    if (sequence.endsWith('.changes_seq_seq'))
      highest.push('(select nullif(up_to, 0) from kombo_sync.changes_removed)');
    return `select '${sequence}' as name, last_value, is_called, greatest(${highest.join(', ')}) as used from ${sequence}`;
  });
  const { rows } = await client.query<LaggingSequence>(
    `select name, last_value::text as last, used::text from (${parts.join(' union all ')}) found
     where used > last_value or used = last_value and not is_called
     order by name`,
  );
  return rows;
}

interface Use {
  sequence: string;
  table: string;
  column: string;
  inData: boolean;
}

const USES = `
  select format('%I.%I', sn.nspname, s.relname) as sequence, format('%I.%I', n.nspname, c.relname) as table,
    a.attname::text as column, n.nspname = $2 as "inData"
  from pg_class s join pg_namespace sn on sn.oid = s.relnamespace
  join pg_class c on c.relkind in ('r', 'p') join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'int8'::regtype
  where s.relkind = 'S' and sn.nspname = $1 and n.nspname in ($1, $2)
    and case when s.relname = 'observations' then a.attname like '%\\_seq'
      else n.nspname = $1 and exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = s.oid
        and d.refobjid = c.oid and d.refobjsubid = a.attnum and d.deptype in ('a', 'i')) end`;

/**
 * Advances every sequence that lags behind.
 *
 * @returns what was done.
 */
export async function repairSequences(client: pg.ClientBase, schemas: Schemas): Promise<string[]> {
  const lagging = await findLaggingSequences(client, schemas);
  if (lagging.length === 0) return [];
  const exact = await findLaggingSequences(client, schemas, true);
  for (const { name, used } of exact) {
    // A worker may have drawn higher numbers meanwhile.
    await client.query(`select setval('${name}', greatest($1::bigint, last_value)) from ${name}`, [used]);
  }
  return exact.map(({ name, last, used }) => `${name} (${last} → ${used})`);
}
