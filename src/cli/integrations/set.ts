import {
  planChoice,
  setIntegration,
  type ChoiceRequest,
  type SetIntegration,
} from '../../operations/choose.ts';
import { countNotChosen, type ErasedTable } from '../../operations/erase-not-chosen.ts';
import { confirm } from '../support/confirm.ts';
import type { Context } from '../support/context.ts';
import { wrongUse } from '../support/errors.ts';
import { plural } from '../support/format.ts';
import { choiceText, notChosenText } from '../support/integration-text.ts';

interface Options {
  models?: string[];
  excludeModels?: string[];
  erase?: boolean;
  yes?: boolean;
}

export async function handle(context: Context, id: string, options: Options): Promise<void> {
  const { models, excludeModels, erase = false, yes = false } = options;
  if (!models && !excludeModels && !erase) {
    throw wrongUse('Say what to change: --models, --exclude-models or --erase.');
  }
  const request: ChoiceRequest = { models, excludeModels: noneOf(excludeModels), erase };
  if (erase && !yes) {
    await confirm(context, 'Do it?', () => toBeErased(context, id, request), 'Nothing was changed.');
  }
  const done = await setIntegration(await context.operations(), id, request);
  context.print(done, () => describe(done));
}

/** `none` alone is not a name: it clears the list. */
function noneOf(names: string[] | undefined): string[] | null | undefined {
  return names?.length === 1 && names[0] === 'none' ? null : names;
}

async function toBeErased(context: Context, id: string, request: ChoiceRequest): Promise<string> {
  const deps = { store: context.store(), config: context.config };
  const { leftOut } = await planChoice(deps, id, request);
  const rows = await countNotChosen(deps, { integrationId: id, leftOut });
  return rows.length === 0 ? 'There are no rows to erase.' : `To be erased: ${tablesText(rows)}.`;
}

function describe({ integration, changed, read, notChosen, sync, erased }: SetIntegration): string {
  const choice = choiceText(integration) ?? 'all that the settings allow';
  return [
    `${integration.id} ${changed ? 'reads from now on' : 'reads as before'}: ${choice}.`,
    `Read: ${read.join(', ') || 'nothing'}.`,
    ...notChosenText(notChosen).map((line) => `Not chosen ${line}.`),
    sync && 'What is newly chosen is read in full now.',
    erased && (erased.length > 0 ? `Erased: ${tablesText(erased)}.` : 'There were no rows to erase.'),
    !erased && notChosen.length > 0 && 'Rows of what is not chosen stay; --erase erases them.',
  ]
    .filter(Boolean)
    .join('\n');
}

/** For example `12 rows of hris_absences, 1 row of hris_payslips`. */
function tablesText(tables: readonly ErasedTable[]): string {
  return tables.map(({ table, rows }) => `${plural(rows, 'row')} of ${table}`).join(', ');
}
