import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import {
  catchUpScheduleId,
  eraseWorkflowId,
  escapeQuery,
  fullSyncWorkflowId,
  KOMBO_INTEGRATION_ID,
  KOMBO_TRIGGER,
  syncWorkflowId,
} from '../domain/names.ts';
import { unusableNames } from './labels.ts';

/** An open workflow of an integration. */
export interface OpenRun {
  workflowId: string;
  runId: string;
  /** For example `fullSync`. */
  type: string;
  trigger: string | null;
  startedAt: Date;
  /** When it begins, if that is in the future. */
  beginsAt: Date | null;
}

/** An integration has a handful at most. */
const MOST = 100;

/** The open runs of an integration, also those that will begin, oldest first. Visibility lags by about a second. */
export async function listOpenRuns(client: Client, integrationId: string): Promise<OpenRun[]> {
  const isLabelled = !(await unusableNames(client)).has(KOMBO_INTEGRATION_ID.name);
  const ids = isLabelled ? undefined : ourWorkflowIds(integrationId);
  const which = ids
    ? `(${ids.map((id) => `WorkflowId STARTS_WITH '${escapeQuery(id)}'`).join(' OR ')})`
    : `${KOMBO_INTEGRATION_ID.name} = '${escapeQuery(integrationId)}'`;
  const query = `${which} AND ExecutionStatus = 'Running'`;
  const found: OpenRun[] = [];
  for await (const run of client.workflow.list({ query, pageSize: MOST })) {
    const { workflowId, runId, type, startTime, executionTime } = run;
    if (ids && !ids.some((id) => isRunOf(workflowId, id))) continue;
    found.push({
      workflowId,
      runId,
      type,
      trigger: run.typedSearchAttributes.get(KOMBO_TRIGGER) ?? null,
      startedAt: startTime,
      beginsAt: executionTime && executionTime > new Date() ? executionTime : null,
    });
    if (found.length === MOST) break;
  }
  return found.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}

const ourWorkflowIds = (integrationId: string) => [
  syncWorkflowId(integrationId),
  fullSyncWorkflowId(integrationId),
  catchUpScheduleId(integrationId),
  eraseWorkflowId(integrationId),
];

/** A schedule appends the time to the id of its run. Any other longer id is another integration's. */
function isRunOf(workflowId: string, id: string): boolean {
  return workflowId.startsWith(id) && /^(-\d{4}-\d{2}-\d{2}T[\d:]+Z)?$/.test(workflowId.slice(id.length));
}

/** The id of the open run of the integration's sync, or undefined. */
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

/** Whether any run of a workflow is open. */
export async function isWorkflowOpen(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
