import type { Because, DebtKind, PassKind, Reason } from '../src/domain/reads.ts';
import type { FullSyncOptions } from '../src/domain/full-sync-options.ts';
import { POLICIES, type SyncError } from '../src/domain/errors.ts';
import { limitMs, PATIENT_PAUSES_MS, PATIENT_TRIES, SHORTEST_PAUSE_MS } from '../src/domain/retry.ts';
import { type EndpointOutcome, type Trigger } from '../src/domain/sync.ts';
import { NO_COUNTS, type PassCounts } from '../src/domain/counts.ts';
import { isOwed, noteProgress } from '../src/store/state/debts.ts';
import { takeUpSweep } from '../src/store/state/due.ts';
import { pausePass, pauseSweep, touchPass } from '../src/store/state/pass-life.ts';
import { openPass, passCounts, unsweptPass, type Pass } from '../src/store/state/passes.ts';
import { callingRun, wakeUnlessCalling } from './support/calling-run.ts';
import { leftOutReason, whyNotChosen } from './support/chosen.ts';
import { databaseClock, type DatabaseClock } from './support/clock.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { heal } from './support/first-look.ts';
import { learn } from './support/learn.ts';
import { keepAlive, type Liveness } from './support/liveness.ts';
import { nextRetry } from './support/next-retry.ts';
import { noteFailedRead, noteTry } from './support/note-failure.ts';
import { sweep } from './support/sweep.ts';
import { unparkAfterPage } from './support/unpark.ts';
import { walk } from './support/walk.ts';

export interface SyncEndpointInput extends FullSyncOptions {
  integrationId: string;
  endpoint: string;
  kind: DebtKind;
  because: Because;
  /** A sync has one pass per endpoint and kind: the same id continues the same pass. */
  syncId: string;
  trigger: Trigger;
  /** How many tries have failed in a row. */
  tries?: number;
}

/** The result of one call. */
export type ReadResult = {
  /** Counts of the whole pass so far. */
  counts: PassCounts;
} & (
  | { state: 'completed'; owes: boolean; sweep?: EndpointOutcome['sweep']; drift?: EndpointOutcome['drift'] }
  /** The time box or a shutdown ended it: call again. */
  | { state: 'more' }
  /** Kombo's rate limit is used up, or a try failed: call again after `waitMs`. */
  | { state: 'waits'; waitMs: number; tries: number; reason: Reason }
  | { state: 'failed' | 'skipped'; reason: Reason; owes: boolean; retryInMs: number | null }
);

/**
 * Reads one endpoint until its time box ends, and sweeps it after a complete listing. An error from Kombo is a result;
 * only the database or a lost worker can make this activity fail.
 */
export function createSyncEndpoint(deps: ActivityDeps) {
  return async function syncEndpoint(input: SyncEndpointInput): Promise<ReadResult> {
    return asFailures(async () => {
      using liveness = keepAlive();
      const clock = await databaseClock(deps.store);
      const box = AbortSignal.timeout(deps.chunkMs ?? deps.settings.CHUNK);
      const reading = { deps, input, clock, liveness, box };
      const notChosen = await whyNotChosen(deps, input.integrationId, input.endpoint);
      if (notChosen) return skipped(notChosen);
      const result = await (input.kind === 'sweep' ? sweepOnly(reading) : read(reading));
      const wakes = 'owes' in result && (result.owes || result.state === 'failed');
      if (wakes) await wakeUnlessCalling(deps, input.integrationId);
      return result;
    });
  };
}

interface Reading {
  deps: ActivityDeps;
  input: SyncEndpointInput;
  clock: DatabaseClock;
  liveness: Liveness;
  box: AbortSignal;
}

/** The endpoint is not read, which is not a failure. */
function skipped(reason: Reason): ReadResult {
  return { state: 'skipped', counts: NO_COUNTS, reason, owes: false, retryInMs: null };
}

async function read(reading: Reading): Promise<ReadResult> {
  const { deps, input, clock, liveness, box } = reading;
  if (input.kind === 'full') await learn(deps, input, liveness.signal);
  const opened = await openPass(deps.store, {
    ...input,
    kind: input.kind as PassKind,
    ...callingRun(input.syncId),
    overlapMs: deps.settings.WATERMARK_OVERLAP,
  });
  if (!opened) return skipped(leftOutReason(input));
  liveness.onBeat(() => void touchPass(deps.store, opened.id).catch(() => {}));
  // An earlier attempt completed the pass, but its result was lost.
  if (opened.state === 'completed') {
    return afterListing(reading, opened, await isOwed(deps.store, input.integrationId, input.endpoint));
  }
  if (opened.state !== 'running') {
    const { error_code: code, error_message: message } = opened;
    const reason = {
      code: code ?? opened.state,
      message: message ?? `The pass has ended as ${opened.state}.`,
    };
    const state = opened.state === 'skipped' ? 'skipped' : 'failed';
    return { state, counts: passCounts(opened), reason, owes: false, retryInMs: null };
  }
  const end = await walk(deps, opened, { clock, liveness, box, atLeastOnePage: true });
  const { pass } = end;
  const progressed = pass.pages > opened.pages;
  // If reads of this integration were refused, a page shows that it can be read again.
  if (progressed && (await unparkAfterPage(deps, input.integrationId))) {
    await deps.temporal.wake(input.integrationId);
  }
  if (progressed && (input.tries ?? 0) > 0) {
    await noteProgress(deps.store, input.integrationId, input.endpoint, input.kind);
  }
  if (end.state === 'more') return { state: 'more', counts: passCounts(pass) };
  if (end.state === 'stopped') return afterError(reading, pass, end.error, progressed);
  await heal(deps, input.integrationId, end.paid);
  return afterListing(reading, pass, end.paid.owes);
}

/** Sweeps a full listing while there is time. */
async function afterListing(reading: Reading, pass: Pass, owes: boolean): Promise<ReadResult> {
  if (pass.sweep_state === 'none') return { state: 'completed', counts: passCounts(pass), owes };
  return sweepPass(reading, pass, owes);
}

async function sweepOnly(reading: Reading): Promise<ReadResult> {
  const { deps, input } = reading;
  const pass = await unsweptPass(deps.store, input.integrationId, input.endpoint);
  if (!pass) return { state: 'completed', counts: NO_COUNTS, owes: false };
  reading.liveness.onBeat(() => void touchPass(deps.store, pass.id).catch(() => {}));
  return sweepPass(reading, pass, false);
}

async function sweepPass(reading: Reading, listed: Pass, owes: boolean): Promise<ReadResult> {
  const { deps, input } = reading;
  await takeUpSweep(deps.store, input.integrationId, input.endpoint);
  const allowMassDeletion = input.allowMassDeletion ?? false;
  const end = await sweep(deps, listed, { ...reading, allowMassDeletion });
  const counts = passCounts(end.pass);
  if (end.state === 'more') return { state: 'more', counts };
  if (end.state === 'stopped') {
    const { error, pass } = end;
    if (error.errorClass === 'RateLimited') {
      // A rate limit is not a failure. The row shows life until the sweep continues, so that no other run begins it.
      await noteProgress(deps.store, input.integrationId, input.endpoint, 'sweep');
      await pauseSweep(deps.store, pass.id, limitMs(error), error);
      return waits(counts, error, 0, limitMs(error));
    }
    if (error.errorClass === 'PassLost') return waits(counts, error, 0, SHORTEST_PAUSE_MS);
    const { integrationId, endpoint, syncId } = input;
    const tryId = `${syncId}#${input.tries ?? 0}`;
    // The listing is complete, so it stays and is swept later.
    const failed = { integrationId, endpoint, kind: 'sweep' as const, tryId, error };
    const { reason } = await noteFailedRead(deps, { ...failed, listing: pass });
    return { state: 'failed', counts, reason, owes, retryInMs: await nextRetry(deps, integrationId) };
  }
  const { sweep: swept, drift } = end;
  // A stopped sweep waits for your decision. Reading again would only stop again, so nothing is owed.
  if (swept.state === 'stopped') {
    const reason = { code: 'SweepStopped', message: swept.message ?? '' };
    return { state: 'failed', counts, reason, owes, retryInMs: null };
  }
  return { state: 'completed', counts, owes, sweep: swept, drift };
}

/**
 * A pass was stopped. Neither a rate limit nor a pass that made progress uses up a try. A full pass is patient: an
 * outage of a minute does not end it. Any other failure is recorded, and the read is tried again later.
 */
async function afterError(
  reading: Reading,
  pass: Pass,
  error: SyncError,
  progressed: boolean,
): Promise<ReadResult> {
  const { deps, input } = reading;
  const { integrationId, endpoint, syncId } = input;
  const counts = passCounts(pass);
  const tries = progressed ? 0 : (input.tries ?? 0);
  // An attempt that seemed lost has written a page. This is not a failure: the pass continues from that attempt's
  // cursor.
  if (error.errorClass === 'PassLost') return waits(counts, error, tries, SHORTEST_PAUSE_MS);
  if (error.errorClass === 'RateLimited') {
    const waitMs = limitMs(error);
    await pausePass(deps.store, pass.id, waitMs, error);
    return waits(counts, error, tries, waitMs);
  }
  const kind = input.kind as PassKind;
  const tryId = `${syncId}#${pass.version}#${tries}`;
  const failed = { integrationId, endpoint, kind, tryId, error, pass, clock: reading.clock };
  const isPatient = kind === 'full' && tries + 1 < PATIENT_TRIES;
  if (POLICIES[error.errorClass].passing && (progressed || isPatient)) {
    const waitMs = Math.max(error.retryAfterMs ?? 0, PATIENT_PAUSES_MS[tries] ?? SHORTEST_PAUSE_MS);
    if (!progressed) await noteTry(deps, failed);
    await pausePass(deps.store, pass.id, waitMs, error);
    return waits(counts, error, progressed ? 0 : tries + 1, waitMs);
  }
  const { status, reason, owes } = await noteFailedRead(deps, failed);
  return { state: status, counts, reason, owes, retryInMs: await nextRetry(deps, integrationId) };
}

function waits(counts: PassCounts, { code, message }: SyncError, tries: number, waitMs: number): ReadResult {
  return { state: 'waits', counts, waitMs, tries, reason: { code, message } };
}
