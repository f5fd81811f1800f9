import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import type { eraseIntegration } from '../../workflows/index.ts';
import type { Config } from '../config.ts';
import { defined } from '../domain/defined.ts';
import {
  catchUpScheduleId,
  eraseWorkflowId,
  fullSyncWorkflowId,
  syncWorkflowId,
  WORKFLOW_TYPES,
} from '../domain/names.ts';
import { labelled } from './labels.ts';
import { impatient, type Patience } from './patience.ts';
import {
  deleteSchedules,
  makeSchedules,
  type Ensured,
  type ScheduleConfig,
  type Scheduled,
} from './schedules.ts';
import { remove, scheduledRuns } from './schedule-state.ts';
import { signalChanges, type StartConfig } from './start.ts';

type LifecycleConfig = ScheduleConfig & StartConfig & Pick<Config, 'DELETED_RETENTION'>;

/** What changes in Temporal when an integration is added, removed, paused or resumed. Every call can be repeated. */
export interface Lifecycle {
  /** @param isNew whether none is likely to be there. */
  ensureSchedules(integration: Scheduled, isNew?: boolean): Promise<Ensured>;
  deleteSchedules(integrationId: string): Promise<void>;
  /**
   * Cancels the running syncs of the integration except one, and returns their ids. What they have not read is owed.
   */
  cancelSyncs(integrationId: string, except?: string): Promise<string[]>;
  /** Makes `sync/<id>` read what is owed. */
  wake(integrationId: string): Promise<void>;
  /** Erases the data after DELETED_RETENTION, or now. */
  planErasure(integrationId: string, removedAt: Date | 'now'): Promise<void>;
  cancelErasure(integrationId: string): Promise<void>;
}

export function createLifecycle(
  client: Client,
  config: LifecycleConfig,
  patience: Patience = impatient,
): Lifecycle {
  return {
    async ensureSchedules(integration, isNew = false) {
      const ensured = await patience(() => makeSchedules(client, config, integration, { isNew }));
      if (config.CATCH_UP_INTERVAL === null && !isNew)
        await remove(client, catchUpScheduleId(integration.id));
      return ensured;
    },
    deleteSchedules: (id) => deleteSchedules(client, id),
    async cancelSyncs(id, except) {
      const ids = new Set([syncWorkflowId(id), fullSyncWorkflowId(id), ...(await scheduledRuns(client, id))]);
      if (except !== undefined) ids.delete(except);
      const cancelled: string[] = [];
      for (const workflowId of ids) {
        if (await cancelRunning(client.workflow.getHandle(workflowId))) cancelled.push(workflowId);
      }
      return cancelled;
    },
    async wake(id) {
      await signalChanges(client, config, { integrationId: id, models: [], trigger: 'catch-up' });
    },
    async planErasure(id, removedAt) {
      const now = removedAt === 'now';
      const retention = config.DELETED_RETENTION;
      if (retention === null && !now) return;
      const due = now ? 0 : removedAt.getTime() + retention! - Date.now();
      try {
        await labelled(client, { integrationId: id }, (typedSearchAttributes) =>
          client.workflow.start<typeof eraseIntegration>(WORKFLOW_TYPES.eraseIntegration, {
            workflowId: eraseWorkflowId(id),
            taskQueue: config.TASK_QUEUE,
            args: [{ integrationId: id, now }],
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            workflowIdConflictPolicy: now ? 'TERMINATE_EXISTING' : 'FAIL',
            typedSearchAttributes,
            staticSummary: `erase the data of ${id}`,
            ...defined({ startDelay: due > 0 ? due : undefined }),
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    // Terminates it: if it has not begun yet, a cancellation would wait until it begins.
    async cancelErasure(id) {
      await ifRunning(() =>
        client.workflow.getHandle(eraseWorkflowId(id)).terminate('The integration is back.'),
      );
    },
  };
}

/** Cancels a run if it is running. It checks this first, since the server also accepts to cancel an ended run. */
async function cancelRunning(handle: WorkflowHandle): Promise<boolean> {
  let running = false;
  await ifRunning(async () => {
    const { status } = await handle.describe();
    running = status.name === 'RUNNING';
    if (running) await handle.cancel();
  });
  return running;
}

async function ifRunning(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
