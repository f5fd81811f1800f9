import {
  ActivityFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { RecordFailuresInput } from '../activities/record-failures.ts';
import { DEFAULT_DEBOUNCE, type DebounceOptions } from '../src/domain/debounce.ts';
import { syncWorkflowId } from '../src/domain/names.ts';
import type { EndpointOutcome, IntegrationSyncInput, SyncResult } from '../src/domain/sync.ts';
import { describeProgress, describeResult, describeRetry } from './details.ts';
import { readIntegrationSyncInput, readModels } from './input.ts';
import { labelRun } from './label-run.ts';
import { integrationChanged, modelsChanged, syncNow, syncState } from './messages.ts';
import { planSync } from './proxies.ts';
import { explain, recordUncancelled, runPasses } from './run-passes.ts';
import { RunState, type Taken } from './sync-state.ts';

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
  setHandler(
    modelsChanged,
    (signal) => {
      state.signal(readModels(signal), Date.now(), workflowTask());
      state.deliver(signal?.deliveries, Date.now());
      if (signal?.everything === true) state.everything = true;
    },
    { description: 'Models that Kombo says have changed.' },
  );
  setHandler(
    integrationChanged,
    (signal) => {
      state.refresh = true;
      state.signal([], Date.now(), workflowTask());
      state.deliver(signal?.deliveries, Date.now());
      if (signal?.event === 'deleted') {
        const at = Date.parse(signal.deletedAt ?? '') || Date.now();
        state.deletedAt = Math.max(state.deletedAt ?? at, at);
        cutPasses(state);
      }
    },
    { description: 'The integration itself changed: look it up again.' },
  );
  setHandler(
    syncNow,
    (request) => {
      const models = readModels(request);
      if (models.length === 0) state.everything = true;
      state.signal(models, Date.now(), workflowTask());
      state.urgent = true;
      state.force = true;
      return { accepted: true };
    },
    { description: 'Sync without waiting; every endpoint when no models are named.' },
  );
  setHandler(syncState, () => state.describe(debounce), {
    description: 'What waits, what runs, what is done.',
  });

  // The moment of a cancellation: what was signalled before it and what came after are told apart by it.
  CancellationScope.current().cancelRequested.catch(() => state.interrupt(workflowTask()));
  try {
    // Nothing may be awaited between the look at what is pending and the return: a signal that arrives meanwhile makes the
    // server refuse the completion, and this loop sees it.
    while (state.unfinished) {
      await untilDue(state, debounce);
      await syncOnce(input, state);
      // A cancellation would not outlast it; and what it has cut off is written down first.
      const cancelled = CancellationScope.current().consideredCancelled;
      if (workflowInfo().continueAsNewSuggested && state.unfinished && !cancelled) {
        await continueAsNew<typeof integrationSync>({ ...input, carried: state.carry() });
      }
    }
    // A cancellation that came while failures were written down has interrupted nothing, but what waited was cut off.
    if (state.interrupted.length > 0)
      throw new CancelledFailure('Cancelled while failures were written down.');
  } catch (error) {
    if (isCancellation(error)) await endCancelled(input, state);
    throw error;
  }
  state.phase = 'ending';
  setCurrentDetails(describeResult([...state.outcomes.values()]));
  return state.result(input.integrationId);
}

/** Tells one workflow task from another. */
const workflowTask = () => workflowInfo().historyLength;

/** The timer is set for the deadline as it is, and set again only when it has run out: a signal costs no command. */
async function untilDue(state: RunState, debounce: DebounceOptions): Promise<void> {
  if (state.open) return;
  if (!state.pending && state.retryAt !== undefined) await untilRetry(state, state.retryAt);
  state.phase = 'waiting';
  for (let wait = state.waitMs(debounce, Date.now()); wait > 0; wait = state.waitMs(debounce, Date.now())) {
    const waiting = state.pending?.models ?? [];
    setCurrentDetails(`waiting for quiet: ${waiting.join(', ')}`);
    await condition(() => state.urgent, wait, { summary: `debounce: ${waiting.length} models` });
  }
}

/** While nothing else is to do, waits for the next try of what has failed. A signal ends the waiting. */
async function untilRetry(state: RunState, at: number): Promise<void> {
  state.phase = 'retrying';
  setCurrentDetails(describeRetry(at, [...state.outcomes.values()]));
  // The workers' clocks may be ahead of the server's by a little.
  const wait = Math.max(1_000, at - Date.now());
  const signalled = await condition(() => state.pending !== undefined, wait, { summary: 'next try' });
  if (!signalled) {
    state.retry(Date.now());
    state.urgent = true;
  }
}

async function syncOnce(input: IntegrationSyncInput, state: RunState): Promise<void> {
  const { integrationId, trigger = 'webhook' } = input;
  state.phase = 'syncing';
  state.open ??= await plan(input, state);
  const { open } = state;
  if (!open) return;
  let ended: readonly EndpointOutcome[] = [];
  const result = await untilDeleted(state, () =>
    runPasses({
      integrationId,
      trigger,
      ...open,
      onProgress: (running, done) => {
        state.running = running;
        ended = done;
        setCurrentDetails(describeProgress(running, done));
      },
    }),
  );
  state.running = [];
  const { outcomes, rest, retryAt } = result ?? { outcomes: ended, rest: [] };
  state.record(outcomes);
  if (retryAt !== undefined) waitForRetry(state, input, retryAt);
  state.open = rest.length > 0 ? { ...open, passes: rest } : undefined;
}

/** Undefined when a webhook has told of the integration's deletion: the passes are cut off, and owed in case it is not so. */
async function untilDeleted<T>(state: RunState, run: () => Promise<T>): Promise<T | undefined> {
  const scope = new CancellationScope();
  state.passes = scope;
  if (state.deletedAt !== undefined) cutPasses(state);
  try {
    return await scope.run(run);
  } catch (error) {
    const cut = scope.consideredCancelled && !CancellationScope.current().consideredCancelled;
    if (!cut || !isCancellation(error)) throw error;
    return undefined;
  } finally {
    state.passes = undefined;
  }
}

/** The look-up that a deletion asks for does not wait for passes, which may take hours. */
function cutPasses(state: RunState): void {
  if (state.passes && patched('deletion-cuts-passes')) state.passes.cancel();
}

async function plan(input: IntegrationSyncInput, state: RunState): Promise<RunState['open']> {
  const { integrationId, trigger = 'webhook' } = input;
  const taken = state.take();
  const models = taken.everything ? undefined : taken.models;
  state.syncs += 1;
  const syncId = `${workflowInfo().runId}/${state.syncs}`;
  try {
    const planned = await planSync({
      integrationId,
      kind: 'delta',
      models,
      refresh: taken.refresh,
      syncId,
      ...(taken.force ? { force: true } : {}),
      ...(taken.deletedAt === undefined ? {} : { deletedAt: taken.deletedAt }),
      ...(taken.deliveries.length > 0 ? { deliveries: taken.deliveries } : {}),
    });
    labelRun({ integrationId, trigger, models: taken.models, ...planned });
    state.record(planned.skipped);
    for (const model of planned.unknownModels) state.unknownModels.add(model);
    state.blocked = planned.blocked && { ...planned.blocked, failed: false };
    waitForRetry(state, input, planned.retryAt);
    const { passes, activeSince } = planned;
    return passes.length > 0 ? { syncId, passes, activeSince } : undefined;
  } catch (error) {
    if (isCancellation(error)) {
      state.interrupt(workflowTask());
      state.interrupted.push(taken);
      throw error;
    }
    if (!(error instanceof ActivityFailure)) throw error;
    const failure = explain(error);
    state.blocked = { ...failure, failed: true };
    const recorded = await recordUncancelled({ ...unserved(taken), integrationId, syncId, failures: [] });
    waitForRetry(state, input, recorded?.retryAt, Date.now() + AFTER_FAILED_PLAN_MS);
    return undefined;
  }
}

/** What a plan was to try again is due already; so the next try needs a pause of its own. */
const AFTER_FAILED_PLAN_MS = 5 * 60_000;

/**
 * Only `sync/<id>` waits for the next try: one timer for an integration. For the others, recordFailures wakes that one.
 */
function waitForRetry(
  state: RunState,
  { integrationId }: IntegrationSyncInput,
  retryAt: string | null | undefined,
  earliest = 0,
) {
  const at = Date.parse(retryAt ?? '');
  const waits = workflowInfo().workflowId === syncWorkflowId(integrationId) && !Number.isNaN(at);
  state.retryAt = waits ? Math.max(at, earliest) : undefined;
}

function unserved(taken: Taken): Omit<RecordFailuresInput, 'integrationId' | 'syncId' | 'failures'> {
  return {
    unservedModels: taken.models,
    unservedEverything: taken.everything,
    ...(taken.refresh ? { unservedLookUp: true } : {}),
    ...(taken.deletedAt === undefined ? {} : { deletedAt: taken.deletedAt }),
    ...(taken.deliveries.length > 0 ? { deliveries: taken.deliveries } : {}),
  };
}

/**
 * The run was cancelled: what its webhooks named is owed, and the next sync reads it (invariant I6). Whatever is signalled
 * after the cancellation is none of its business: the run that follows serves it.
 */
async function endCancelled(input: IntegrationSyncInput, state: RunState): Promise<void> {
  state.interrupt(workflowTask());
  const { integrationId } = input;
  const { runId, runStartTime } = workflowInfo();
  for (const [index, taken] of state.interrupted.splice(0).entries()) {
    const syncId = `${runId}/cancelled/${index + 1}`;
    const cut = { cancelled: true, activeSince: runStartTime.toISOString() };
    await recordUncancelled({ ...unserved(taken), ...cut, integrationId, syncId, failures: [] });
  }
  if (!state.pending) return;
  const carried = { ...state.carry(), syncs: 0, outcomes: [], unknownModels: [] };
  delete carried.open;
  await CancellationScope.nonCancellable(() => continueAsNew<typeof integrationSync>({ ...input, carried }));
}
