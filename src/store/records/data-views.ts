import type pg from 'pg';
import { findViews, INVOKER, literal } from './views.ts';

interface View {
  name: string;
  comment: string;
  /** SQL of each column, with its meaning. */
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

/** Names of views that are missing, or that would show more than their readers may see. */
export async function missingDataViews(client: pg.ClientBase | pg.Pool, schema: string): Promise<string[]> {
  return (await findChanges(client, schema)).map((change) => nameOf(change, schema));
}

/** Creates the missing views, and updates those of an older form. */
export async function ensureDataViews(client: pg.ClientBase, schema: string): Promise<string[]> {
  const changes = await findChanges(client, schema);
  const isInvoker = changes.length > 0 && (await INVOKER.isKnown(client));
  for (const { view, isThere } of changes) {
    for (const statement of [...(isThere ? [] : create(view)), ...(isInvoker ? open(view) : [])]) {
      await client.query(statement);
    }
  }
  return changes.map((change) => nameOf(change, schema));
}

interface Change {
  view: View;
  isThere: boolean;
}

async function findChanges(client: pg.ClientBase | pg.Pool, schema: string): Promise<Change[]> {
  const present = await findViews(client, schema);
  return VIEWS.filter(({ name }) => !present.get(name)?.isSafe).map((view) => ({
    view,
    isThere: present.has(view.name),
  }));
}

const nameOf = ({ view: { name }, isThere }: Change, schema: string) =>
  `${schema}.${name}${isThere ? ` (${INVOKER.name})` : ''}`;

function create({ name, comment, columns, from }: View): string[] {
  const entries = Object.entries(columns);
  const list = entries.map(([column, [expression]]) => `${expression} as ${column}`).join(', ');
  return [
    `create view kombo.${name} as select ${list} from ${from}`,
    `comment on view kombo.${name} is ${literal(comment)}`,
    ...entries.map(
      ([column, [, meaning]]) => `comment on column kombo.${name}.${column} is ${literal(meaning)}`,
    ),
  ];
}

/**
 * Lets a view read with the rights of its reader, so that policies limit it. For that, everyone may read what the view
 * shows; to name the table itself, a role still needs a right on its schema.
 */
function open({ name, columns, from }: View): string[] {
  const shown = Object.values(columns).map(([expression]) => expression);
  return [
    `alter view kombo.${name} set (${INVOKER.option})`,
    `grant select (${shown.join(', ')}) on ${from} to public`,
  ];
}
