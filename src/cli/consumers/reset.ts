import { moveConsumer } from '../../operations/consumers.ts';
import type { Context } from '../support/context.ts';
import { detailText } from './text.ts';

export async function handle(context: Context, name: string, { to }: { to: string }): Promise<void> {
  const consumer = await moveConsumer({ store: context.store(), actor: context.actor() }, name, to);
  context.print(consumer, () => detailText(consumer));
}
