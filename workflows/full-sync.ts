import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  CarriedState,
  EndpointOutcome,
  FullSyncInput,
  PlannedPass,
  SyncResult,
} from '../src/domain/sync.ts';
import { describeProgress, describeResult } from './details.ts';
import { readFullSyncInput } from './input.ts';
import { labelRun } from './label-run.ts';
import { syncState } from './messages.ts';
import { planSync, tidyUp } from './proxies.ts';
import { explain, recordUncancelled, runPasses } from './run-passes.ts';
import { buildResult } from './sync-state.ts';

/**
 * Reads every endpoint of an integration whole and sweeps what is gone. The weekly schedule starts it, and people do.
 * Deltas go on beside it: the data rules make that safe, so nothing waits for a weekly run.
 */
export async function fullSync(untrusted: FullSyncInput): Promise<SyncResult> {
  const input = readFullSyncInput(untrusted);
  const { integrationId, trigger = 'manual' } = input;
  const outcomes: EndpointOutcome[] = [...(input.carried?.outcomes ?? [])];
  let running: readonly PlannedPass[] = [];
  let current: readonly EndpointOutcome[] = [];
  setHandler(syncState, () => ({
    phase: 'syncing',
    pendingModels: [],
    running: [...running],
    outcomes: [...outcomes, ...current],
    syncs: 1,
  }));

  const planned: Planned = input.carried ?? (await plan(input));
  if (!input.carried) outcomes.push(...planned.outcomes);
  const open = planned.open;
  if (open) {
    const { outcomes: done, rest } = await runPasses({
      ...input,
      trigger,
      ...open,
      onProgress: (now, finished) => {
        running = now;
        current = [...finished];
        setCurrentDetails(describeProgress(now, [...outcomes, ...finished]));
      },
    });
    current = [];
    outcomes.push(...done);
    if (rest.length > 0) {
      const carried: CarriedState = { ...planned, outcomes, open: { ...open, passes: rest } };
      await continueAsNew<typeof fullSync>({ ...input, carried });
    }
  }
  await tidy();
  setCurrentDetails(describeResult(outcomes));
  const { unknownModels } = planned;
  return buildResult(integrationId, outcomes, { syncs: 1, unknownModels, blocked: planned.blocked });
}

type Planned = CarriedState & { blocked?: SyncResult['blocked'] };

async function plan(input: FullSyncInput): Promise<Planned> {
  const { integrationId, models, trigger = 'manual' } = input;
  const syncId = `${workflowInfo().runId}/1`;
  try {
    const planned = await planSync({
      integrationId,
      kind: 'full',
      models,
      syncId,
      refresh: trigger === 'initial',
    });
    labelRun({ integrationId, trigger, models, ...planned });
    if (models && planned.unknownModels.length > 0) {
      throw ApplicationFailure.create({
        type: 'InvalidInput',
        message: `No endpoint of ${integrationId} holds ${planned.unknownModels.join(', ')}. Name models as in data-changed webhooks, as ats_jobs, or tables.`,
        nonRetryable: true,
      });
    }
    return {
      syncs: 1,
      outcomes: planned.skipped,
      unknownModels: planned.unknownModels,
      open: { syncId, passes: planned.passes, activeSince: planned.activeSince },
      blocked: planned.blocked && { ...planned.blocked, failed: true },
    };
  } catch (error) {
    const cancelled = isCancellation(error);
    const failure = error instanceof ActivityFailure ? explain(error) : undefined;
    if (!cancelled && !failure) throw error;
    // What was asked for is owed, as when the passes fail or are cancelled.
    if (patched('unplanned-is-owed')) {
      await recordUncancelled({
        integrationId,
        syncId,
        failures: [],
        unservedKind: 'full',
        unservedModels: models,
        unservedEverything: models === undefined,
        unservedLookUp: trigger === 'initial',
        cancelled,
        activeSince: workflowInfo().runStartTime.toISOString(),
      });
    }
    if (cancelled || !failure) throw error;
    return { syncs: 1, outcomes: [], unknownModels: [], blocked: { ...failure, failed: true } };
  }
}

/** Old history is a matter of disk space: it never fails a sync. */
async function tidy(): Promise<void> {
  try {
    await tidyUp();
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  }
}
