import {
  ActivityFailure,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { DEFAULT_DEBOUNCE, type DebounceOptions } from '../src/domain/debounce.ts';
import type { IntegrationSyncInput, SyncResult } from '../src/domain/sync.ts';
import { describeProgress, describeResult } from './details.ts';
import { readIntegrationSyncInput, readModels } from './input.ts';
import { labelRun } from './label-run.ts';
import { integrationChanged, modelsChanged, syncNow, syncState } from './messages.ts';
import { planSync } from './proxies.ts';
import { explain, recordUncancelled, runPasses } from './run-passes.ts';
import { RunState } from './sync-state.ts';

/**
 * Brings one integration up to date: waits until its webhooks pause, reads what they named, and ends when nothing is left.
 * Started by signal-with-start, so that a run is there when and only when there is something to do. The states and events
 * are in docs/SPEC.md.
 *
 * Failures are states: a run records them, finishes the rest, and says in its result which endpoints failed.
 */
export async function integrationSync(untrusted: IntegrationSyncInput): Promise<SyncResult> {
  const input = readIntegrationSyncInput(untrusted);
  const debounce: DebounceOptions = {
    quietMs: input.quietMs ?? DEFAULT_DEBOUNCE.quietMs,
    maxWaitMs: input.maxWaitMs ?? DEFAULT_DEBOUNCE.maxWaitMs,
  };
  const state = new RunState(input.carried, input.everything ?? false, Date.now());

  // Handlers are synchronous and set before the first await: no signal can be dropped or half applied.
  setHandler(modelsChanged, (signal) => state.signal(readModels(signal), Date.now()), {
    description: 'Models that Kombo says have changed.',
  });
  setHandler(
    integrationChanged,
    () => {
      state.refresh = true;
      state.signal([], Date.now());
    },
    { description: 'The integration itself changed: look it up again.' },
  );
  setHandler(
    syncNow,
    (request) => {
      const models = readModels(request);
      if (models.length === 0) state.everything = true;
      state.signal(models, Date.now());
      state.urgent = true;
      return { accepted: true };
    },
    { description: 'Sync without waiting; every endpoint when no models are named.' },
  );
  setHandler(syncState, () => state.describe(debounce), {
    description: 'What waits, what runs, what is done.',
  });

  try {
    // Nothing may be awaited between the look at what is pending and the return: a signal that arrives meanwhile makes the
    // server refuse the completion, and this loop sees it.
    while (state.open || state.pending) {
      await untilDue(state, debounce);
      await syncOnce(input, state);
      if (workflowInfo().continueAsNewSuggested && (state.open || state.pending)) {
        await continueAsNew<typeof integrationSync>({ ...input, carried: state.carry() });
      }
    }
  } catch (error) {
    if (isCancellation(error)) await keepUnserved(input.integrationId, state);
    throw error;
  }
  state.phase = 'ending';
  setCurrentDetails(describeResult([...state.outcomes.values()]));
  return state.result(input.integrationId);
}

/** The timer is set for the deadline as it is, and set again only when it has run out: a signal costs no command. */
async function untilDue(state: RunState, debounce: DebounceOptions): Promise<void> {
  if (state.open) return;
  state.phase = 'waiting';
  for (let wait = state.waitMs(debounce, Date.now()); wait > 0; wait = state.waitMs(debounce, Date.now())) {
    const waiting = state.pending?.models ?? [];
    setCurrentDetails(`waiting for quiet: ${waiting.join(', ')}`);
    await condition(() => state.urgent, wait, { summary: `debounce: ${waiting.length} models` });
  }
}

async function syncOnce(input: IntegrationSyncInput, state: RunState): Promise<void> {
  const { integrationId, trigger = 'webhook' } = input;
  state.phase = 'syncing';
  state.open ??= await plan(input, state);
  const { open } = state;
  if (!open) return;
  const { outcomes, rest } = await runPasses({
    integrationId,
    trigger,
    ...open,
    onProgress: (running, done) => {
      state.running = running;
      setCurrentDetails(describeProgress(running, done));
    },
  });
  state.record(outcomes);
  state.open = rest.length > 0 ? { ...open, passes: rest } : undefined;
}

async function plan(input: IntegrationSyncInput, state: RunState): Promise<RunState['open']> {
  const { integrationId, trigger = 'webhook' } = input;
  const taken = state.take();
  const models = taken.everything ? undefined : taken.models;
  state.syncs += 1;
  const syncId = `${workflowInfo().runId}/${state.syncs}`;
  try {
    const planned = await planSync({ integrationId, kind: 'delta', models, refresh: taken.refresh });
    labelRun({ integrationId, trigger, models: taken.models, ...planned });
    state.record(planned.skipped);
    for (const model of planned.unknownModels) state.unknownModels.add(model);
    state.blocked = planned.blocked && { ...planned.blocked, failed: false };
    return planned.passes.length > 0 ? { syncId, passes: planned.passes } : undefined;
  } catch (error) {
    if (isCancellation(error)) {
      state.signal(taken.models, Date.now());
      state.everything ||= taken.everything;
      state.refresh ||= taken.refresh;
      throw error;
    }
    if (!(error instanceof ActivityFailure)) throw error;
    const failure = explain(error);
    state.blocked = { ...failure, failed: true };
    await recordUncancelled({
      integrationId,
      syncId,
      failures: [],
      unservedModels: taken.models,
      unservedEverything: taken.everything,
      ...(taken.refresh ? { unservedLookUp: true } : {}),
    });
    return undefined;
  }
}

/**
 * The run was cancelled: what its webhooks named is owed, and the next sync reads it (invariant I6). A signal that arrives
 * while that is written down is written down too.
 */
async function keepUnserved(integrationId: string, state: RunState): Promise<void> {
  while (state.pending) {
    const { models, everything, refresh } = state.take();
    await recordUncancelled({
      integrationId,
      syncId: workflowInfo().runId,
      failures: [],
      unservedModels: models,
      unservedEverything: everything,
      ...(refresh ? { unservedLookUp: true } : {}),
    });
  }
}
