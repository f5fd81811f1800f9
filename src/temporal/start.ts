import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import type { Config } from '../config.ts';
import { defined } from '../domain/defined.ts';
import { fullSyncOptions, type FullSyncOptions } from '../domain/full-sync-options.ts';
import type { FullSyncInput, IntegrationSyncInput, Trigger } from '../domain/sync.ts';
import type { IntegrationChange } from '../domain/wanted.ts';
import type { fullSync, integrationSync } from '../../workflows/index.ts';
import {
  integrationChanged,
  modelsChanged,
  syncNow,
  type IntegrationChanged,
  type ModelsChanged,
} from '../../workflows/messages.ts';
import { labelled } from './labels.ts';
import {
  fairnessKey,
  fullSyncQueue,
  fullSyncWorkflowId,
  syncWorkflowId,
  WORKFLOW_TYPES,
} from '../domain/names.ts';

export type StartConfig = Pick<Config, 'TASK_QUEUE' | 'DEBOUNCE_QUIET' | 'DEBOUNCE_MAX_WAIT'> &
  Partial<Pick<Config, 'DEBOUNCE_LEADING'>>;

export interface SignalRequest {
  integrationId: string;
  models: string[];
  everything?: boolean | undefined;
  /** Something about the integration itself changed. */
  change?: IntegrationChange | undefined;
  deliveries?: Record<string, number> | undefined;
  tool?: string | undefined;
  category?: string | undefined;
  originId?: string | undefined;
  trigger: Trigger;
}

export interface StartedRun {
  workflowId: string;
  runId: string;
}

/**
 * Signals the changes to the sync of an integration, and starts it if none is running, in one call that is atomic on
 * the server. When it returns, Temporal has durably accepted the signal (I1).
 */
export async function signalChanges(
  client: Client,
  config: StartConfig,
  request: SignalRequest,
): Promise<StartedRun> {
  const { change, models, everything, deliveries, tool, category, originId } = request;
  const options = startOptions(config, request);
  const about = { deliveries, tool, category, originId };
  if (change) {
    const { workflowId, signaledRunId } = await labelled(client, request, (typedSearchAttributes) =>
      client.workflow.signalWithStart<typeof integrationSync, [IntegrationChanged]>(
        WORKFLOW_TYPES.integrationSync,
        {
          ...options,
          typedSearchAttributes,
          signal: integrationChanged,
          signalArgs: [{ ...change, ...about }],
        },
      ),
    );
    if (models.length === 0 && !everything) return { workflowId, runId: signaledRunId };
  }
  const { workflowId, signaledRunId } = await labelled(client, request, (typedSearchAttributes) =>
    client.workflow.signalWithStart<typeof integrationSync, [ModelsChanged]>(WORKFLOW_TYPES.integrationSync, {
      ...options,
      typedSearchAttributes,
      signal: modelsChanged,
      signalArgs: [change ? { models, everything } : { models, everything, ...about }],
    }),
  );
  return { workflowId, runId: signaledRunId };
}

/** Starts a delta sync without the debounce, of every endpoint if no models are named. Needs a running worker. */
export async function requestSyncNow(
  client: Client,
  config: StartConfig,
  request: { integrationId: string; models?: string[] | undefined; tool?: string; category?: string },
): Promise<StartedRun> {
  const { models = [] } = request;
  const asked = { ...request, models, trigger: 'manual' } as const;
  const handle = await labelled(client, asked, async (typedSearchAttributes) => {
    const startWorkflowOperation = new WithStartWorkflowOperation<typeof integrationSync>(
      WORKFLOW_TYPES.integrationSync,
      { ...startOptions(config, asked), typedSearchAttributes },
    );
    await client.workflow.executeUpdateWithStart(syncNow, { args: [{ models }], startWorkflowOperation });
    return startWorkflowOperation.workflowHandle();
  });
  const { runId } = (await handle.describe()) satisfies { runId: string };
  return { workflowId: handle.workflowId, runId };
}

interface FullSyncRequest extends FullSyncOptions {
  integrationId: string;
  trigger?: Trigger | undefined;
  tool?: string | undefined;
  category?: string | undefined;
  /** Begins this much later (milliseconds), so that many do not begin at once. */
  startDelayMs?: number | undefined;
}

interface StartedFullSync {
  handle: WorkflowHandle<typeof fullSync>;
  runId: string;
  alreadyRunning: boolean;
  /** When it begins, if that is in the future. */
  beginsAt: Date | null;
}

/** Starts a full sync. Only one by hand runs at a time for an integration: if there is one, this returns its handle. */
export async function startFullSync(
  client: Client,
  config: Pick<Config, 'TASK_QUEUE'>,
  request: FullSyncRequest,
): Promise<StartedFullSync> {
  const { integrationId, trigger = 'manual', startDelayMs = 0 } = request;
  const input: FullSyncInput = { integrationId, trigger, ...fullSyncOptions(request) };
  const workflowId = fullSyncWorkflowId(request.integrationId);
  try {
    const handle = await labelled(client, { ...request, trigger }, (typedSearchAttributes) =>
      client.workflow.start<typeof fullSync>(WORKFLOW_TYPES.fullSync, {
        workflowId,
        taskQueue: fullSyncQueue(config.TASK_QUEUE),
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        typedSearchAttributes,
        staticSummary: `${trigger} full sync of ${request.integrationId}`,
        ...defined({ startDelay: startDelayMs > 0 ? startDelayMs : undefined }),
        priority: { priorityKey: 4, fairnessKey: fairnessKey(request.integrationId) },
      }),
    );
    const beginsAt = startDelayMs > 0 ? new Date(Date.now() + startDelayMs) : null;
    return { handle, runId: handle.firstExecutionRunId, alreadyRunning: false, beginsAt };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const handle = client.workflow.getHandle<typeof fullSync>(workflowId);
    const { runId, executionTime } = await handle.describe();
    const beginsAt = executionTime && executionTime > new Date() ? executionTime : null;
    return { handle, runId, alreadyRunning: true, beginsAt };
  }
}

function startOptions(config: StartConfig, request: SignalRequest) {
  const input: IntegrationSyncInput = {
    integrationId: request.integrationId,
    quietMs: config.DEBOUNCE_QUIET,
    maxWaitMs: config.DEBOUNCE_MAX_WAIT,
    ...(config.DEBOUNCE_LEADING ? { leading: true } : {}),
    trigger: request.trigger,
  };
  return {
    workflowId: syncWorkflowId(request.integrationId),
    taskQueue: config.TASK_QUEUE,
    args: [input] as [IntegrationSyncInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    staticSummary: `sync of ${request.integrationId}`,
    priority: { priorityKey: 2, fairnessKey: fairnessKey(request.integrationId) },
  };
}
