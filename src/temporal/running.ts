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
