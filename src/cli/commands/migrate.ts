import type { Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { run } from '../support/run.ts';

export function register(program: Command): void {
  addCommand(program, 'migrate', 'Bring the database up to date; safe to run twice and at the same time', [
    'migrate',
  ]).action(
    run(['DATABASE_URL'], async (context) => {
      const { migrate } = await import('../../store/migrate.ts');
      const { applied } = await migrate(await context.store());
      context.print({ applied }, () =>
        applied.length === 0
          ? 'The database is up to date.'
          : `Applied:\n${applied.map((step) => `  ${step}`).join('\n')}`,
      );
    }),
  );
}
