import type { Client, WorkflowHandle } from '@temporalio/client';
import type { notify } from '../../workflows/index.ts';
import type { Config } from '../config.ts';
import { notifyWorkflowId, WORKFLOW_TYPES } from '../domain/names.ts';
import type { NotifyInput } from '../domain/notification.ts';

/** Has a worker send a notification. Does nothing if one is at it. */
export async function startNotification(
  client: Client,
  config: Pick<Config, 'TASK_QUEUE'>,
  input: NotifyInput,
): Promise<WorkflowHandle<typeof notify>> {
  return client.workflow.start<typeof notify>(WORKFLOW_TYPES.notify, {
    workflowId: notifyWorkflowId(input.id),
    taskQueue: config.TASK_QUEUE,
    args: [input],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: input.test ? `test of ${input.target}` : `notification to ${input.target}`,
    priority: { priorityKey: 2 },
  });
}
