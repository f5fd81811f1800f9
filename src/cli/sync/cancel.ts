import { shellWord } from '../../domain/text.ts';
import { checkReason } from '../../operations/require.ts';
import { cancelSyncs, type Reasoned } from '../../operations/syncs.ts';
import type { Context } from '../support/context.ts';
import { cancelledText } from '../support/integration-text.ts';

export async function handle(context: Context, id: string, options: Reasoned): Promise<void> {
  if (options.reason !== undefined) checkReason(options.reason);
  const done = await cancelSyncs(await context.operations(), id, options);
  const { cancelled } = done;
  context.print(done, () =>
    cancelled.length === 0
      ? `Nothing runs for ${id}, so there is nothing to cancel.`
      : [
          ...cancelledText(cancelled),
          'What was not read is owed: the next sync reads it.',
          `To stop reading for longer: kombo-sync integrations pause ${shellWord(id)} --reason <text>`,
        ].join('\n'),
  );
}
