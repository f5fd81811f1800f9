import { shellWord } from '../../domain/text.ts';
import { pauseIntegration } from '../../operations/integrations.ts';
import { checkReason } from '../../operations/require.ts';
import type { Context } from '../support/context.ts';
import { cancelledText } from '../support/integration-text.ts';

export async function handle(context: Context, id: string, options: { reason: string }): Promise<void> {
  checkReason(options.reason);
  const done = await pauseIntegration(await context.operations(), id, options.reason);
  const reason = done.integration.statusReason ?? '';
  context.print(done, () =>
    [
      done.paused ? `${id} is paused: ${reason}` : `${id} was paused already; the reason is now: ${reason}`,
      ...cancelledText(done.cancelled),
      'Webhooks are still accepted, and what they name is read later.',
      `To resume: kombo-sync integrations resume ${shellWord(id)}`,
    ].join('\n'),
  );
}
