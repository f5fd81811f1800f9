import { Context } from '@temporalio/activity';
import { syncWorkflowId } from '../../src/domain/names.ts';
import type { ActivityDeps } from './deps.ts';

/** The workflow run that called this activity. Without a workflow, the sync's own id stands for it. */
export function callingRun(syncId: string): { workflowId: string; runId: string } {
  const { workflowId = syncId, runId = '' } = Context.current().info.workflowExecution ?? {};
  return { workflowId, runId };
}

/** Wakes `sync/<id>`, the one run that waits for everything that is due, unless it is the caller. */
export async function wakeUnlessCalling({ temporal }: ActivityDeps, integrationId: string): Promise<void> {
  if (callingRun('').workflowId !== syncWorkflowId(integrationId)) await temporal.wake(integrationId);
}
