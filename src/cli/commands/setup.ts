import { setup } from '../../operations/setup.ts';
import type { Context } from '../support/context.ts';

export async function handle(context: Context): Promise<void> {
  const done = await setup({
    config: context.config,
    store: context.store(),
    temporal: await context.temporal(),
    log: context.log(),
  });
  context.print(done, () => {
    const { created, updated, deleted, unchanged } = done.schedules;
    return [
      `Migrations: ${done.migrations.length > 0 ? `${done.migrations.length} applied` : 'up to date'}`,
      `Search attributes: ${done.searchAttributes.join(', ') || 'up to date'}`,
      `Schedules: ${created.length} created, ${updated.length} updated, ${deleted.length} deleted, ${unchanged} unchanged`,
    ].join('\n');
  });
}
