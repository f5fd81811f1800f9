import { setup, setupProblems, type SetupResult } from '../../operations/setup.ts';
import type { Context } from '../support/context.ts';
import { plural } from '../support/format.ts';
import { EXIT, type ExitCode } from '../support/errors.ts';

export async function handle(
  context: Context,
  { recount = false }: { recount?: boolean },
): Promise<ExitCode> {
  const done = await setup({
    config: context.config,
    store: context.store(),
    temporal: await context.temporal(),
    log: context.log(),
    recount,
    note: (line) => context.note(line),
  });
  context.print(done, () => setupText(done));
  return done.failed.length > 0 ? EXIT.failed : EXIT.done;
}

function setupText(done: SetupResult): string {
  const { created, updated, deleted, unchanged } = done.schedules;
  return [
    `Migrations: ${done.migrations.length > 0 ? `${done.migrations.length} applied` : 'up to date'}`,
    ...fieldLines(done.fields),
    ...countsLine(done.rowCounts),
    attributesLine(done),
    `Schedules: ${created.length} created, ${updated.length} updated, ${deleted.length} deleted, ${unchanged} unchanged`,
    ...setupProblems(done),
  ].join('\n');
}

function countsLine({ compared, corrected }: SetupResult['rowCounts']): string[] {
  if (compared === 0) return [];
  return [
    `Row counts: ${compared} compared with the rows, ${corrected === 0 ? 'all right' : `${corrected} corrected`}`,
  ];
}

function attributesLine({ searchAttributes, unusable }: SetupResult): string {
  if (searchAttributes.length > 0) return `Search attributes: ${searchAttributes.join(', ')}`;
  return `Search attributes: ${unusable.length > 0 ? 'none added' : 'up to date'}`;
}

/** No line if everything is stored and always was. */
export function fieldLines({ rules, changed, stored }: SetupResult['fields']): string[] {
  if (rules === 0 && !changed) return [];
  const lines = [`Fields: ${rules === 0 ? 'all are stored again' : `${plural(rules, 'name')} kept out`}`];
  if (stored && (stored.values > 0 || !stored.complete)) {
    const count = stored.complete ? String(stored.values) : `more than ${stored.values}`;
    lines.push(
      `! ${count} stored values are to be kept out from now on.`,
      '    → Erase them with: kombo-sync fields purge',
    );
  }
  return lines;
}
