import type { Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { run } from '../support/run.ts';

export function register(program: Command): void {
  addCommand(
    program,
    'setup',
    'Migrate the database, register the search attributes and bring the schedules in step; safe to repeat',
    ['setup'],
  ).action(
    run(['DATABASE_URL'], async (context) => {
      const { setup } = await import('../../operations/setup.ts');
      const done = await setup({
        config: context.config,
        store: await context.store(),
        temporal: await context.temporal(),
        log: await context.log(),
      });
      context.print(done, () => {
        const { created, updated, deleted, unchanged } = done.schedules;
        return [
          `Migrations: ${done.migrations.length > 0 ? `${done.migrations.length} applied` : 'up to date'}`,
          `Search attributes: ${done.searchAttributes.join(', ') || 'up to date'}`,
          `Schedules: ${created.length} created, ${updated.length} updated, ${deleted.length} deleted, ${unchanged} unchanged`,
        ].join('\n');
      });
    }),
  );
}
