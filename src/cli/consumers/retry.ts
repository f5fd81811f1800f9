import { retrySkipped } from '../../operations/consumers.ts';
import type { Context } from '../support/context.ts';
import { plural } from '../support/format.ts';

export async function handle(context: Context, name: string): Promise<void> {
  const changes = await retrySkipped({ store: context.store(), actor: context.actor() }, name);
  context.print({ name, changes }, () =>
    changes === 0
      ? `${name} has skipped nothing.`
      : `${name} takes up ${plural(changes, 'change')} again, with the rows as they are now.`,
  );
}
