import { Context } from '@temporalio/activity';
import { syncWorkflowId } from '../../src/domain/names.ts';
import type { ActivityDeps } from './deps.ts';

/** The workflow run that has called this activity; a sync without a workflow has its own id for one. */
export function callingRun(syncId: string): { workflowId: string; runId: string } {
  const { workflowId = syncId, runId = '' } = Context.current().info.workflowExecution ?? {};
  return { workflowId, runId };
}

/** One run waits for all that is due: `sync/<id>`. It is woken where another run has met something. */
export async function wakeUnlessCalling({ temporal }: ActivityDeps, integrationId: string): Promise<void> {
  if (callingRun('').workflowId !== syncWorkflowId(integrationId)) await temporal.wake(integrationId);
}
