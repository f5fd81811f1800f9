import { fieldsOf } from '../../kombo/fields.ts';
import { countStored, purgeFields, type Purge } from '../../operations/fields.ts';
import { confirm } from '../support/confirm.ts';
import type { Context } from '../support/context.ts';
import { plural } from '../support/format.ts';

export async function handle(context: Context, { yes = false }: { yes?: boolean }): Promise<void> {
  const { config } = context;
  const deps = { config, store: context.store(), actor: context.actor(), fields: fieldsOf(config) };
  const signal = context.stopSignal();
  const walking = (verb: string) => ({
    signal,
    report: (name: string, rows: number, values: number) =>
      context.live.show(`${name}: ${rows} rows, ${plural(values, 'value')} ${verb}`),
  });
  if (!yes) {
    await confirm(context, 'Erase them?', async () => foundText(await countStored(deps, walking('found'))));
  }
  const purged = await purgeFields(deps, walking('erased'));
  context.print(purged, () => purgedText(purged));
}

function foundText({ values, tables }: Purge): string {
  return [`${plural(values, 'stored value')} are to be kept out.`, ...tableLines(tables)].join('\n');
}

function purgedText({ values, tables }: Purge): string {
  if (values === 0) return 'Nothing is stored that is to be kept out.';
  return [`${plural(values, 'value')} erased or hashed.`, ...tableLines(tables)].join('\n');
}

const tableLines = (tables: Purge['tables']) =>
  tables.map(({ table, rows, values }) => `  ${table}: ${plural(values, 'value')} in ${plural(rows, 'row')}`);
