import { dropConsumer } from '../../operations/consumers.ts';
import type { Context } from '../support/context.ts';

export async function handle(context: Context, name: string): Promise<void> {
  await dropConsumer({ store: context.store(), actor: context.actor() }, name);
  context.print({ removed: name }, () => `${name} is removed. If a process runs under this name, it ends.`);
}
