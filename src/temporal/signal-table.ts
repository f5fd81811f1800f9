import type { Client } from '@temporalio/client';
import {
  SIGNAL_TIMEOUT_MS,
  TABLE_CHANGED,
  type SignalledWorkflow,
  type TableChanged,
} from '../domain/changes-signal.ts';
import { changesWorkflowId } from '../domain/names.ts';
import { within } from '../within.ts';

/** Signals a workflow of yours, and starts it if it does not run. When it returns, Temporal has accepted the signal. */
export async function signalTable(
  client: Client,
  { type, taskQueue }: SignalledWorkflow,
  { table, integrationId, after, upTo }: TableChanged,
): Promise<void> {
  const changed: TableChanged = { table, integrationId, after, upTo };
  const sending = client.withDeadline(Date.now() + SIGNAL_TIMEOUT_MS, () =>
    client.workflow.signalWithStart(type, {
      workflowId: changesWorkflowId(table, integrationId),
      taskQueue,
      args: [changed],
      signal: TABLE_CHANGED,
      signalArgs: [changed],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `changes of ${table}`,
    }),
  );
  // Some retries of the client outlive its deadline.
  await within(SIGNAL_TIMEOUT_MS + 1_000, sending);
}
