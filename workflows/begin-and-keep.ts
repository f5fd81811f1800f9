import { ActivityFailure, CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { KeepForLaterInput } from '../activities/keep-for-later.ts';
import type { StartSyncInput, SyncStart } from '../activities/support/sync-start.ts';
import type { Reason } from '../src/domain/reads.ts';
import { quietOutcome } from '../src/domain/sync.ts';
import { keepForLater, startOptions, startSync } from './proxies.ts';
import { explain } from './reads.ts';
import { labelRun } from './ui.ts';

/* How a run begins what it is asked for, and how it records as owed what it does not read. */

/** The id of a sync of this run. */
export const syncIdOf = (sync: number | 'cancelled') => `${workflowInfo().runId}/${sync}`;

/** Begins a sync, or returns why it could not. */
export async function begin(request: StartSyncInput): Promise<SyncStart | { failure: Reason }> {
  try {
    const started = await startSync.executeWithOptions(startOptions(request.kind, request), [request]);
    labelRun({ ...request, ...started }, started.unlabelled);
    return { ...started, outcomes: [...started.outcomes, ...(started.quiet ?? []).map(quietOutcome)] };
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
