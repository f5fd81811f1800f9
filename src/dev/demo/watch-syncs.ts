import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { integrationSync } from '../../../workflows/index.ts';
import { KOMBO_INTEGRATION_ID, KOMBO_TRIGGER, WORKFLOW_TYPES } from '../../domain/names.ts';
import type { Live } from './live.ts';

const EVERY_MS = 1_000;
/** Temporal's visibility lags a little, so each look begins before the last one. */
const OVERLAP_MS = 10_000;

/** Reports the start and the end of each sync until you stop it. */
export function watchSyncs(client: Client, taskQueue: string, live: Live): { stop(): Promise<void> } {
  const types = [WORKFLOW_TYPES.integrationSync, WORKFLOW_TYPES.fullSync].map((type) => `'${type}'`);
  const ours = `TaskQueue = '${taskQueue}' AND WorkflowType IN (${types.join(', ')})`;
  const started = new Set<string>();
  const ended = new Set<string>();
  const begin = new Date();
  let since = begin;
  let stopped = false;

  const look = async () => {
    const now = new Date();
    const from = new Date(Math.max(begin.getTime(), since.getTime() - OVERLAP_MS)).toISOString();
    const query = `${ours} AND (ExecutionStatus = 'Running' OR CloseTime >= '${from}')`;
    for await (const run of client.workflow.list({ query })) {
      if (stopped) return;
      if (!started.has(run.runId)) {
        started.add(run.runId);
        live.syncStarted(integrationOf(run), triggerOf(run));
      }
      if (run.status.name === 'RUNNING' || ended.has(run.runId)) continue;
      ended.add(run.runId);
      if (run.status.name === 'COMPLETED') live.syncEnded(await describeEnd(client, run));
    }
    since = now;
  };

  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    // If the server does not answer, the next look finds the same runs.
    looking ??= look()
      .catch(() => {})
      .finally(() => (looking = undefined));
  }, EVERY_MS);
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}

async function describeEnd(client: Client, run: WorkflowExecutionInfo) {
  const handle = client.workflow.getHandle<typeof integrationSync>(run.workflowId, run.runId);
  return {
    integrationId: integrationOf(run),
    trigger: triggerOf(run),
    startedAt: run.startTime,
    ms: (run.closeTime ?? new Date()).getTime() - run.startTime.getTime(),
    result: await handle.result(),
  };
}

const integrationOf = (run: WorkflowExecutionInfo) =>
  run.typedSearchAttributes.get(KOMBO_INTEGRATION_ID) ?? run.workflowId;

const triggerOf = (run: WorkflowExecutionInfo) => run.typedSearchAttributes.get(KOMBO_TRIGGER) ?? 'manual';
