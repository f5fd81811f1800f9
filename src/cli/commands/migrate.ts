import { migrate } from '../../store/migrate.ts';
import type { Context } from '../support/context.ts';

export async function handle(context: Context): Promise<void> {
  const { applied } = await migrate(context.store(), { say: (text) => context.note(text) });
  context.print({ applied }, () =>
    applied.length === 0
      ? 'The database is up to date.'
      : `Applied:\n${applied.map((step) => `  ${step}`).join('\n')}`,
  );
}
