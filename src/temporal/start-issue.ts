import type { Client } from '@temporalio/client';
import type { Config } from '../config.ts';
import type { Issue } from '../domain/issues.ts';
import { issueWorkflowId, WORKFLOW_TYPES } from '../domain/names.ts';
import type { noteIssue } from '../../workflows/index.ts';
import { issueChanged } from '../../workflows/messages.ts';

/**
 * Signals the workflow of an issue, and starts it if none is running, in one call that is atomic on the server. When it
 * returns, Temporal has durably accepted the signal (I1).
 */
export async function signalIssue(
  client: Client,
  config: Pick<Config, 'TASK_QUEUE'>,
  issue: Issue,
): Promise<void> {
  await client.workflow.signalWithStart<typeof noteIssue, [Issue]>(WORKFLOW_TYPES.noteIssue, {
    workflowId: issueWorkflowId(issue.id),
    taskQueue: config.TASK_QUEUE,
    args: [],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    signal: issueChanged,
    signalArgs: [issue],
    staticSummary: issue.integrationId ? `issue of ${issue.integrationId}` : 'issue of the environment',
    priority: { priorityKey: 2 },
  });
}
