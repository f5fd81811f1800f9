import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import type { SyncStart } from '../activities/support/sync-start.ts';
import {
  buildResult,
  type CarriedState,
  type EndpointOutcome,
  type FullSyncInput,
  type SyncResult,
} from '../src/domain/sync.ts';
import { fullSyncOptions } from '../src/domain/full-sync-options.ts';
import { want } from '../src/domain/wanted.ts';
import { readFullSyncInput } from './input.ts';
import { syncState } from './messages.ts';
import { begin, keep, syncIdOf } from './begin-and-keep.ts';
import { Reads } from './reads.ts';
import { Story } from './story.ts';
import { describeProgress } from './ui.ts';

/**
 * Reads every endpoint of an integration in full and sweeps what is gone. The weekly schedule or you start it. Deltas
 * continue beside it: the data rules make that safe, so nothing waits for a weekly run.
 */
export async function fullSync(untrusted: FullSyncInput): Promise<SyncResult> {
  const input = readFullSyncInput(untrusted);
  const { integrationId, carried } = input;
  const outcomes: EndpointOutcome[] = [...(carried?.outcomes ?? [])];
  let phase: 'starting' | 'reading' | 'ending' = 'starting';
  const show = () => setCurrentDetails(describeProgress(reads.reading, outcomes));
  const syncId = syncIdOf(1);
  const story = new Story(integrationId, carried?.unfinished);
  const record = (found: readonly EndpointOutcome[]) => {
    outcomes.push(...found);
    for (const { syncId: open } of story.unfinished) story.record(open, found);
  };
  const reads: Reads = new Reads(
    { integrationId, options: fullSyncOptions(input), atOnce: carried?.atOnce },
    { end: ({ outcome }) => record(outcome ? [outcome] : []), change: () => show() },
  );
  setHandler(syncState, () => ({
    phase,
    pendingModels: [],
    running: reads.reading,
    outcomes: [...outcomes],
    syncs: 1,
  }));

  if (!carried) story.begin({ syncId, trigger: input.trigger ?? 'manual' });
  const started: Started = carried ?? (await start(input).catch(told(story)));
  if (!carried) record(started.outcomes);
  reads.atOnce = started.atOnce ?? reads.atOnce;
  phase = 'reading';
  try {
    for (const pass of started.reading) reads.start(pass);
    await condition(() => reads.size === 0 || workflowInfo().continueAsNewSuggested);
    if (reads.size > 0) {
      await reads.stop();
      // A cancellation would be lost with the continue-as-new.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('Cancelled.');
      const { unknownModels, blocked } = started;
      const { unfinished } = story;
      const { atOnce } = reads;
      const rest = { outcomes, unknownModels, blocked, unfinished, atOnce };
      const next: CarriedState = { syncs: 1, reading: reads.open, ...rest };
      await continueAsNew<typeof fullSync>({ ...input, carried: next });
    }
  } catch (error) {
    if (isCancellation(error)) {
      story.cancel();
      await keepUnread(input, started, reads);
    }
    throw error;
  }
  for (const { syncId: open } of story.unfinished) story.end(open, started);
  phase = 'ending';
  show();
  const { unknownModels, blocked } = started;
  return buildResult(integrationId, outcomes, { syncs: 1, unknownModels, blocked });
}

/** Says that a sync was cancelled while it began. */
const told =
  (story: Story) =>
  (error: unknown): never => {
    if (isCancellation(error)) story.cancel();
    throw error;
  };

/**
 * Ends on the version of the worker that began it, also across continue-as-new: it takes hours at most, and the old workers
 * stay until then. Everything else moves to the new version, since `integrationSync` may wait a day for a next try. A worker
 * without a version must not ask for this: the server refuses every task of it then.
 */
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'PINNED' } : {}),
  fullSync,
);

type Started = CarriedState & { activeSince?: string | undefined };

async function start(input: FullSyncInput): Promise<Started> {
  const { integrationId, models, trigger = 'manual' } = input;
  const syncId = syncIdOf(1);
  const lookUp = trigger === 'initial';
  // The request is owed even if nothing of it has begun.
  const keepAsked = async () => {
    const asked = { models, everything: models === undefined, lookUp };
    const wanted = [want(undefined, asked, workflowInfo().runStartTime.getTime())];
    await keep(undefined, { integrationId, syncId, wanted, kind: 'full', syncIds: [syncId] });
  };
  try {
    const request = {
      integrationId,
      syncId,
      trigger,
      kind: 'full',
      by: 'full-sync',
      models,
      lookUp,
    } as const;
    const started = await begin(request);
    if ('failure' in started) {
      await keepAsked();
      const blocked = { ...started.failure, failed: true };
      return { syncs: 1, outcomes: [], unknownModels: [], reading: [], blocked };
    }
    refuseUnknown(input, started);
    const { outcomes, unknownModels, passes, activeSince, atOnce } = started;
    const blocked = started.blocked && { ...started.blocked, failed: true };
    const reading = passes.map((pass) => ({ ...pass, syncId, trigger }));
    return {
      syncs: 1,
      outcomes,
      unknownModels,
      activeSince,
      reading,
      blocked,
      ...(atOnce === undefined ? {} : { atOnce }),
    };
  } catch (error) {
    if (isCancellation(error)) await keepAsked();
    throw error;
  }
}

function refuseUnknown({ integrationId, models }: FullSyncInput, { unknownModels }: SyncStart): void {
  if (!models || unknownModels.length === 0) return;
  throw ApplicationFailure.create({
    type: 'InvalidInput',
    message: `No endpoint of ${integrationId} holds ${unknownModels.join(', ')}. Name models as in data-changed webhooks, for example ats_jobs, or tables.`,
    nonRetryable: true,
  });
}

/** Reads that began and did not end are owed. */
async function keepUnread({ integrationId }: FullSyncInput, started: Started, reads: Reads): Promise<void> {
  const { open } = reads;
  await keep(started.activeSince, {
    integrationId,
    syncId: syncIdOf('cancelled'),
    wanted: [],
    syncIds: [...new Set(open.map(({ syncId }) => syncId))],
    unread: open.filter(({ kind }) => kind === 'full').map(({ endpoint }) => endpoint),
  });
}
