import { fieldsOf } from '../../kombo/fields.ts';
import { countAllNotChosen } from '../../operations/erase-not-chosen.ts';
import { countStored, purgeFields, type Purged } from '../../operations/fields.ts';
import { confirm } from '../support/confirm.ts';
import type { Context } from '../support/context.ts';
import { plural } from '../support/format.ts';

export async function handle(context: Context, { yes = false }: { yes?: boolean }): Promise<void> {
  const { config } = context;
  const signal = context.stopSignal();
  const deps = { config, store: context.store(), actor: context.actor(), fields: fieldsOf(config), signal };
  const walking = (verb: string) => ({
    signal,
    report: (name: string, rows: number, values: number) =>
      context.live.show(`${name}: ${rows} rows, ${plural(values, 'value')} ${verb}`),
  });
  if (!yes) {
    await confirm(context, 'Erase them?', async () =>
      foundText({ ...(await countStored(deps, walking('found'))), notChosen: await countAllNotChosen(deps) }),
    );
  }
  const purged = await purgeFields(deps, walking('erased'));
  context.print(purged, () => purgedText(purged));
}

function foundText({ values, tables, notChosen }: Purged): string {
  return [
    `Stored values that are to be kept out: ${values}.`,
    ...tableLines(tables),
    ...notChosen.map(({ table, rows }) => `  ${table}: ${plural(rows, 'row')}, not chosen`),
  ].join('\n');
}

function purgedText({ values, tables, notChosen }: Purged): string {
  const rows = notChosen.map(
    (one) => `Erased ${plural(one.rows, 'row')} of ${one.table}, which is not chosen.`,
  );
  if (values === 0) return [...rows, 'Nothing is stored that is to be kept out.'].join('\n');
  return [...rows, `${plural(values, 'value')} erased or hashed.`, ...tableLines(tables)].join('\n');
}

const tableLines = (tables: Purged['tables']) =>
  tables.map(({ table, rows, values }) => `  ${table}: ${plural(values, 'value')} in ${plural(rows, 'row')}`);
