import { shellWord } from '../../domain/text.ts';
import { removeIntegration } from '../../operations/integrations.ts';
import { requireIntegration } from '../../operations/require.ts';
import type { Store } from '../../store/database.ts';
import { confirm } from '../support/confirm.ts';
import type { Context } from '../support/context.ts';
import { cancelledText, erasureText } from '../support/integration-text.ts';

export async function handle(
  context: Context,
  id: string,
  { erase = false, yes = false }: { erase?: boolean; yes?: boolean },
): Promise<void> {
  if (erase && !yes) {
    const left = 'Nothing was removed or erased.';
    await confirm(context, 'Remove it and erase its data?', () => aboutText(context.store(), id), left);
  }
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

/** Which one it is: an id says little to you. */
async function aboutText(store: Store, id: string): Promise<string> {
  const { organizationName, tool, category, status } = await requireIntegration(store, id);
  const of = organizationName === null ? '' : ` of ${organizationName}`;
  return `${id}: ${tool} (${category})${of}, ${status}. Every row, its history and its entries of the change feed are erased.`;
}
