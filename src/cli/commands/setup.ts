import { setup, setupProblems, type SetupResult } from '../../operations/setup.ts';
import type { Context } from '../support/context.ts';
import { EXIT, type ExitCode } from '../support/errors.ts';

export async function handle(context: Context): Promise<ExitCode> {
  const done = await setup({
    config: context.config,
    store: context.store(),
    temporal: await context.temporal(),
    log: context.log(),
    note: (line) => context.note(line),
  });
  context.print(done, () => setupText(done));
  return done.failed.length > 0 ? EXIT.failed : EXIT.done;
}

function setupText(done: SetupResult): string {
  const { created, updated, deleted, unchanged } = done.schedules;
  return [
    `Migrations: ${done.migrations.length > 0 ? `${done.migrations.length} applied` : 'up to date'}`,
    attributesLine(done),
    `Schedules: ${created.length} created, ${updated.length} updated, ${deleted.length} deleted, ${unchanged} unchanged`,
    ...setupProblems(done),
  ].join('\n');
}

function attributesLine({ searchAttributes, unusable }: SetupResult): string {
  if (searchAttributes.length > 0) return `Search attributes: ${searchAttributes.join(', ')}`;
  return `Search attributes: ${unusable.length > 0 ? 'none added' : 'up to date'}`;
}
