import type pg from 'pg';

interface View {
  /** In order. */
  columns: string[];
  /** Whether a reader sees only what the reader may read in the tables below, as far as the server supports that. */
  isSafe: boolean;
}

/** A view that reads with the rights of its reader, policies included, instead of those of its owner. */
export const INVOKER = {
  name: 'security_invoker',
  option: 'security_invoker = true',
  /** Postgres 15 and newer have it. */
  isKnown: async (client: pg.ClientBase | pg.Pool): Promise<boolean> => {
    const { rows } = await client.query<{ known: boolean }>(`select ${KNOWS_INVOKER} as known`);
    return rows[0]!.known;
  },
} as const;

export const KNOWS_INVOKER = `current_setting('server_version_num')::int >= 150000`;

/** The views of a schema, by name. */
export async function findViews(
  client: pg.ClientBase | pg.Pool,
  schema: string,
): Promise<ReadonlyMap<string, View>> {
  const { rows } = await client.query<View & { name: string }>(
    `select c.relname::text as name,
       array(select a.attname::text from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
       not ${KNOWS_INVOKER} or coalesce(c.reloptions @> array['security_invoker=true'], false) as "isSafe"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'v'`,
    [schema],
  );
  return new Map(rows.map(({ name, ...view }) => [name, view]));
}

/** A constant text as an SQL literal. It must contain no backslash. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
