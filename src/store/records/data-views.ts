import type pg from 'pg';

interface View {
  name: string;
  comment: string;
  /** SQL of each column, with what it means. */
  columns: Record<string, readonly [string, string]>;
  from: string;
}

/** Views beside the data tables, so that your SQL needs no other schema. */
const VIEWS: readonly View[] = [
  {
    name: 'integrations',
    comment: 'Whose records these are: one row for each integration, also removed ones.',
    columns: {
      integration_id: ['id', 'The integration, as in all tables here.'],
      origin_id: [
        'origin_id',
        'Your own id of the customer: end_user_origin_id of the link. Null without one.',
      ],
      organization_name: ['organization_name', 'The name of the customer at Kombo.'],
      tool: ['tool', "Kombo's name of the tool."],
      category: ['category', 'HRIS, ATS, LMS or ASSESSMENT.'],
      status: ['status', 'active, parked (Kombo cannot read it now), paused (by you) or removed.'],
    },
    from: 'kombo_sync.integrations',
  },
];

/** Names of views that are not there. */
export async function missingDataViews(client: pg.ClientBase | pg.Pool, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'v'`,
    [schema],
  );
  return VIEWS.map(({ name }) => name).filter((name) => !rows.some((row) => row.name === name));
}

/** Makes the views that are not there. */
export async function ensureDataViews(client: pg.ClientBase, schema: string): Promise<string[]> {
  const missing = await missingDataViews(client, schema);
  for (const view of VIEWS.filter(({ name }) => missing.includes(name))) {
    for (const statement of statements(view)) await client.query(statement);
  }
  return missing.map((name) => `${schema}.${name}`);
}

function statements({ name, comment, columns, from }: View): string[] {
  const entries = Object.entries(columns);
  const list = entries.map(([column, [expression]]) => `${expression} as ${column}`).join(', ');
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  return [
    `create view kombo.${name} as select ${list} from ${from}`,
    `comment on view kombo.${name} is ${text(comment)}`,
    ...entries.map(
      ([column, [, meaning]]) => `comment on column kombo.${name}.${column} is ${text(meaning)}`,
    ),
  ];
}
