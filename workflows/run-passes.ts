import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { PassFailure, RecordedFailures, RecordFailuresInput } from '../activities/record-failures.ts';
import { isForWholeIntegration } from '../src/domain/errors.ts';
import { NO_COUNTS, type EndpointOutcome, type PlannedPass, type Trigger } from '../src/domain/sync.ts';
import { callOptions, recordFailures, sweepEndpoint, syncEndpoint } from './proxies.ts';

/** Enough to hide Kombo's latency, few enough that one integration does not fill the workers. */
const PARALLEL_PASSES = 4;

export interface PassesRequest {
  integrationId: string;
  syncId: string;
  trigger: Trigger;
  passes: readonly PlannedPass[];
  activeSince?: string | undefined;
  since?: string | undefined;
  allowMassDeletion?: boolean | undefined;
  /** Called whenever a pass starts or ends, to keep the UI up to date. */
  onProgress: (running: readonly PlannedPass[], done: readonly EndpointOutcome[]) => void;
}

export interface PassesResult {
  outcomes: EndpointOutcome[];
  /** What is left to do because the history has grown long: go on after continue-as-new, with the same sync id. */
  rest: PlannedPass[];
  /** After failures: when the first of them is tried again (ISO), null when that is left to others. */
  retryAt?: string | null;
}

/**
 * Runs the passes of one sync, several at once. A failed endpoint never takes another one with it (invariant I10), unless
 * the failure holds for the whole integration: then the rest is not even tried. Whatever was not read is owed.
 */
export async function runPasses(request: PassesRequest): Promise<PassesResult> {
  // Copies, since a pass may turn out to be another kind than was planned.
  const queue = request.passes.map((pass) => ({ ...pass }));
  const running = new Set<PlannedPass>();
  const outcomes: EndpointOutcome[] = [];
  const rest: PlannedPass[] = [];
  const failures: PassFailure[] = [];
  let blocking: PassFailure | undefined;

  const settle = (pass: PlannedPass, failure: PassFailure) => {
    const status = failure.type === 'EndpointDisabled' ? 'skipped' : 'failed';
    outcomes.push({
      ...pass,
      status,
      counts: NO_COUNTS,
      reason: { code: failure.code, message: failure.message },
    });
    failures.push(failure);
    if (isForWholeIntegration(failure.type)) blocking ??= failure;
  };
  const runNext = async () => {
    for (let pass = queue.shift(); pass; pass = queue.shift()) {
      if (blocking) {
        settle(pass, { ...blocking, ...pass });
        continue;
      }
      running.add(pass);
      request.onProgress([...running], outcomes);
      const result = await runPass(request, pass);
      running.delete(pass);
      if (result === 'cut') rest.push(pass, ...queue.splice(0));
      else if ('type' in result) settle(pass, result);
      else outcomes.push(result);
      request.onProgress([...running], outcomes);
    }
  };

  try {
    await Promise.all(Array.from({ length: Math.min(PARALLEL_PASSES, queue.length) }, runNext));
  } catch (error) {
    if (isCancellation(error)) {
      await recordCancelled(request, failures, [...running, ...queue, ...rest]);
    }
    throw error;
  }
  if (failures.length === 0) return { outcomes, rest };
  const recorded = await recordUncancelled({ ...identify(request), failures });
  // A cancellation meanwhile would not outlast continue-as-new.
  if (rest.length > 0 && CancellationScope.current().consideredCancelled) {
    await recordCancelled(request, [], rest);
    throw new CancelledFailure('Cancelled while failures were written down.');
  }
  return { outcomes, rest, retryAt: recorded?.retryAt ?? null };
}

/** What failed must be written down even when the run is cancelled meanwhile, or a webhook would be forgotten. */
export async function recordUncancelled(input: RecordFailuresInput): Promise<RecordedFailures | undefined> {
  return CancellationScope.nonCancellable(() => recordFailures(input));
}

/** Sets the kind of the pass to what it turned out to be: after a long outage a delta reads everything. */
async function runPass(
  request: PassesRequest,
  pass: PlannedPass,
): Promise<EndpointOutcome | PassFailure | 'cut'> {
  const { integrationId, syncId, trigger, since } = request;
  const reading = callOptions(pass.kind, integrationId, `${pass.kind} ${pass.endpoint}`);
  const input = { integrationId, syncId, trigger, since, ...pass };
  try {
    let chunk;
    do {
      if (chunk && workflowInfo().continueAsNewSuggested) return 'cut';
      chunk = await syncEndpoint.executeWithOptions(reading, [input]);
      pass.kind = chunk.kind;
    } while (!chunk.done);
    const outcome: EndpointOutcome = { ...pass, status: 'completed', counts: chunk.counts };
    if (!chunk.sweep) return outcome;

    const sweeping = { ...reading, summary: `sweep ${pass.endpoint}` };
    const sweep = { passId: chunk.passId, allowMassDeletion: request.allowMassDeletion ?? false };
    let swept;
    do {
      if (swept && workflowInfo().continueAsNewSuggested) return 'cut';
      swept = await sweepEndpoint.executeWithOptions(sweeping, [sweep]);
    } while (!swept.done);
    Object.assign(outcome, { counts: swept.counts }, swept.drift && { drift: swept.drift });
    if (swept.sweep) outcome.sweep = swept.sweep;
    // A sweep that stopped is for a person to decide; reading again would only stop again, so nothing is owed.
    if (swept.sweep?.state === 'stopped') {
      return {
        ...outcome,
        status: 'failed',
        reason: { code: 'SweepStopped', message: swept.sweep.message ?? '' },
      };
    }
    return outcome;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return { ...pass, ...explain(error) };
  }
}

/** Type, code and sentence of a failed activity, as the history shows them. */
export function explain(failure: ActivityFailure): Pick<PassFailure, 'type' | 'code' | 'message'> {
  const { cause } = failure;
  if (cause instanceof ApplicationFailure) {
    const type = cause.type ?? 'Error';
    const code = (cause.details?.[0] as { code?: string } | undefined)?.code ?? type;
    return { type, code, message: cause.message };
  }
  if (cause instanceof TimeoutFailure) {
    return { type: 'TimedOut', code: 'TIMED_OUT', message: 'Gave up: no answer from a worker in time.' };
  }
  return { type: 'Error', code: 'UNKNOWN', message: cause?.message ?? failure.message };
}

/** The run ends here; what it did not read must be read by a later one, so that no webhook is forgotten. */
async function recordCancelled(
  request: PassesRequest,
  failures: readonly PassFailure[],
  unfinished: readonly PlannedPass[],
): Promise<void> {
  const cancelled = unfinished.map((pass) => ({
    ...pass,
    type: 'Cancelled',
    code: 'CANCELLED',
    message: 'The sync was cancelled; the next one reads this endpoint.',
  }));
  await recordUncancelled({ ...identify(request), failures: [...failures, ...cancelled] });
}

function identify(request: PassesRequest): Omit<RecordFailuresInput, 'failures'> {
  const { integrationId, syncId, activeSince } = request;
  return { integrationId, syncId, activeSince };
}
