import { resumeIntegration } from '../../operations/integrations.ts';
import type { Context } from '../support/context.ts';

export async function handle(context: Context, id: string): Promise<void> {
  const done = await resumeIntegration(await context.operations(), id);
  const { status, statusReason } = done.integration;
  const reason = statusReason ? `: ${statusReason}` : '.';
  context.print(done, () =>
    done.resumed
      ? `${id} is resumed: a worker looks it up at Kombo and reads what it missed.`
      : `${id} is not paused, so there is nothing to resume. It is ${status}${reason}`,
  );
}
