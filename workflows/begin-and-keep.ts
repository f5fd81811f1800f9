import { ActivityFailure, CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { KeepForLaterInput } from '../activities/keep-for-later.ts';
import type { StartSyncInput, SyncStart } from '../activities/support/sync-start.ts';
import type { Reason } from '../src/domain/reads.ts';
import { callOptions, keepForLater, startSync } from './proxies.ts';
import { explain } from './reads.ts';
import { labelRun } from './ui.ts';

/* How a run begins what it is asked for, and how it records as owed what it does not read. */

/** The id of a sync of this run. */
export const syncIdOf = (sync: number | 'cancelled') => `${workflowInfo().runId}/${sync}`;

/** Begins a sync, or returns why it could not. */
export async function begin(request: StartSyncInput): Promise<SyncStart | { failure: Reason }> {
  try {
    const started = await startSync.executeWithOptions(callOptions(request.kind, request, 'start'), [
      request,
    ]);
    labelRun({ ...request, ...started }, started.unlabelled);
    return started;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return { failure: explain(error) };
  }
}

/** Records as owed what the run will not read, even if it is cancelled. */
export async function keep(
  activeSince: string | undefined,
  kept: Omit<KeepForLaterInput, 'activeSince'>,
): Promise<void> {
  const since = activeSince ?? workflowInfo().runStartTime.toISOString();
  await CancellationScope.nonCancellable(() => keepForLater({ ...kept, activeSince: since }));
}
