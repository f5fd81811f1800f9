import { resumeIntegration } from '../../operations/integrations.ts';
import { checkReason } from '../../operations/require.ts';
import type { Reasoned } from '../../operations/syncs.ts';
import type { Context } from '../support/context.ts';

export async function handle(context: Context, id: string, options: Reasoned): Promise<void> {
  if (options.reason !== undefined) checkReason(options.reason);
  const done = await resumeIntegration(await context.operations(), id, options);
  const { status, statusReason } = done.integration;
  const reason = statusReason ? `: ${statusReason}` : '.';
  context.print(done, () =>
    done.resumed
      ? `${id} is resumed: a worker looks it up at Kombo and reads what it missed.`
      : `${id} is not paused, so there is nothing to resume. It is ${status}${reason}`,
  );
}
