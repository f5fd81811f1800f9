import { shellWord } from '../../domain/text.ts';
import { removeIntegration } from '../../operations/integrations.ts';
import type { Context } from '../support/context.ts';
import { cancelledText, erasureText } from '../support/integration-text.ts';

export async function handle(
  context: Context,
  id: string,
  { erase = false }: { erase?: boolean },
): Promise<void> {
  const done = await removeIntegration(await context.operations(), id, { erase });
  const { removed, integration, cancelled, erasure } = done;
  context.print(done, () =>
    [
      removed
        ? `${id} is removed: its schedules are deleted, and webhooks about it change nothing.`
        : `${id} was removed already: ${integration.statusReason ?? ''}`,
      ...cancelledText(cancelled),
      erase ? 'The next free worker erases its data.' : erasureText({ ...integration, erasure }),
      removed && `To bring it back: kombo-sync integrations add ${shellWord(id)}`,
    ]
      .filter(Boolean)
      .join('\n'),
  );
}
