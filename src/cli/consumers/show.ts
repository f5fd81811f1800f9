import { showConsumer } from '../../operations/consumers.ts';
import type { Context } from '../support/context.ts';
import { detailText } from './text.ts';

export async function handle(context: Context, name: string): Promise<void> {
  const consumer = await showConsumer(context.store(), name);
  context.print(consumer, () => detailText(consumer));
}
