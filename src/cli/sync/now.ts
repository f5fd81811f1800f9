import { syncNow } from '../../operations/syncs.ts';
import type { Context } from '../support/context.ts';

export async function handle(context: Context, id: string, options: { models?: string[] }): Promise<void> {
  const sync = await syncNow(await context.operations(), id, options);
  const run = `workflow ${sync.workflowId}, run ${sync.runId}.`;
  context.print(sync, () =>
    sync.alreadyRunning
      ? `A sync of ${id} runs or waits already, and this joins it: ${run} What was asked for is read next.`
      : `A sync of ${id} starts now: ${run}`,
  );
}
