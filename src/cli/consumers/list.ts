import { listConsumers } from '../../store/state/consumers.ts';
import type { Context } from '../support/context.ts';
import { table } from '../support/format.ts';
import { behindText, lagText } from './text.ts';

export async function handle(context: Context): Promise<void> {
  const consumers = await listConsumers(context.store());
  context.print({ consumers }, () => {
    if (consumers.length === 0) {
      return 'There is none. A consumer registers itself when it first runs: see docs/consumers.md.';
    }
    return table(
      ['NAME', 'POSITION', 'UNREAD', 'LAG', 'SKIPPED', 'WORKS IN', 'LAST ERROR'],
      consumers.map((consumer) => [
        consumer.name,
        consumer.seq,
        behindText(consumer),
        lagText(consumer),
        consumer.failures,
        consumer.holder,
        consumer.lastError,
      ]),
    );
  });
}
