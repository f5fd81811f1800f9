import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { syncWorkflowId } from './names.ts';

/** Run of the sync of an integration that is open now, or undefined. */
export async function openSync(client: Client, integrationId: string): Promise<string | undefined> {
  try {
    const { runId, status } = await client.workflow.getHandle(syncWorkflowId(integrationId)).describe();
    return status.name === 'RUNNING' ? runId : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Whether a run, or the one that it continued as new, is still open. */
export async function isRunOpen(client: Client, workflowId: string, runId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    if (status.name !== 'CONTINUED_AS_NEW') return status.name === 'RUNNING';
    const latest = await client.workflow.getHandle(workflowId).describe();
    return latest.status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
