import { Context } from '@temporalio/activity';
import { SyncError } from '../src/domain/errors.ts';
import { getEndpoint } from '../src/domain/catalogue/index.ts';
import { SAID_WHEN_ASKED } from '../src/domain/life.ts';
import type { PassCounts, PassKind, Trigger } from '../src/domain/sync.ts';
import { commitPage } from '../src/store/commit-page.ts';
import { endpointStates, isDue } from '../src/store/endpoint-states.ts';
import { unpark } from '../src/store/life.ts';
import { openPass, passCounts, restartPass, type Pass } from '../src/store/passes.ts';
import { databaseClock, type DatabaseClock } from './clock.ts';
import { delay } from './delay.ts';
import type { ActivityDeps } from './deps.ts';
import { asFailures } from './failures.ts';
import { keepAlive, type Liveness } from './liveness.ts';
import { readPage, type ReadPage } from './read-page.ts';

export interface SyncEndpointInput {
  integrationId: string;
  endpoint: string;
  kind: PassKind;
  /** One sync, one pass per endpoint: the same id goes on with the same pass. */
  syncId: string;
  trigger: Trigger;
  since?: string | undefined;
}

export interface ChunkResult {
  /** False when the time box or a shutdown ended the chunk: call again. */
  done: boolean;
  passId: number;
  /** A delta becomes a full pass when there is nothing to build on. */
  kind: PassKind;
  /** Counts of the whole pass so far. */
  counts: PassCounts;
  /** The listing is complete and may be swept. */
  sweep: boolean;
}

/** Shorter than the start-to-close timeout by far, long enough that a full sync of a million records is a hundred events. */
const CHUNK_MS = 4 * 60_000;
const MAX_RESTARTS = 3;
const MAX_PAUSE_MS = 60_000;

/**
 * Reads one endpoint for as long as its time box lasts: the next page is fetched while the last one is written. Each page
 * is one transaction that also moves the cursor, so whoever comes next goes on from there (invariants I7, I9).
 */
export function createSyncEndpoint(deps: ActivityDeps) {
  return async function syncEndpoint(input: SyncEndpointInput): Promise<ChunkResult> {
    return asFailures(async () => {
      using liveness = keepAlive();
      const { workflowExecution } = Context.current().info;
      const clock = await databaseClock(deps.store);
      const pass = await openPass(deps.store, {
        ...input,
        workflowId: workflowExecution?.workflowId ?? input.syncId,
        runId: workflowExecution?.runId ?? '',
        overlapMs: deps.settings.WATERMARK_OVERLAP,
      });
      if (pass.state === 'completed') {
        // The attempt that completed it may have ended before it could wake anybody.
        if (await isOwed(deps, pass, clock.latest())) await deps.temporal.wake(pass.integration_id);
        return toResult(pass);
      }
      if (pass.state !== 'running') {
        throw new SyncError(
          'RequestRejected',
          `Pass ${pass.id} of ${pass.endpoint} has ended as ${pass.state}.`,
        );
      }
      return toResult(await walk(deps, pass, clock, liveness));
    });
  };
}

async function isOwed(deps: ActivityDeps, pass: Pass, now: Date): Promise<boolean> {
  const state = (await endpointStates(deps.store, pass.integration_id)).get(pass.endpoint);
  return state !== undefined && isDue(state, now);
}

async function walk(
  deps: ActivityDeps,
  opened: Pass,
  clock: DatabaseClock,
  liveness: Liveness,
): Promise<Pass> {
  const until = performance.now() + (deps.chunkMs ?? CHUNK_MS);
  const endpoint = getEndpoint(opened.endpoint);
  const prefetch = new AbortController();
  const signal = AbortSignal.any([liveness.signal, prefetch.signal]);
  let pass = opened;
  const read = async (cursor: string | null, pauseMs = 0) => {
    if (pauseMs > MAX_PAUSE_MS) {
      throw new SyncError('RateLimited', `Kombo's rate limit is used up for ${pauseMs / 1000} s.`, {
        retryAfterMs: pauseMs,
      });
    }
    await delay(pauseMs, signal);
    const query = { integrationId: pass.integration_id, endpoint: pass.endpoint, cursor, signal };
    return readPage(deps.kombo, endpoint, { ...query, updatedAfter: pass.updated_after }, clock);
  };
  try {
    let upcoming = quiet(read(pass.cursor));
    for (;;) {
      let page: ReadPage;
      try {
        page = await upcoming;
      } catch (error) {
        pass = await restartIfRefused(deps, pass, error);
        upcoming = quiet(read(null));
        continue;
      }
      const stop = liveness.isShuttingDown() || performance.now() >= until;
      if (page.next !== null && !stop) upcoming = quiet(read(page.next, page.pauseMs));
      const committed = await commitPage(deps.store, pass, page, {
        eraseEmptied: deps.settings.ERASE_EMPTIED,
        keepRejectedBodies: deps.settings.KEEP_REJECTED_BODIES,
      });
      // What Kombo says when it is asked, it must take back when it is asked: reads may go on meanwhile.
      if (pass.pages === opened.pages) await unpark(deps.store, pass.integration_id, SAID_WHEN_ASKED);
      pass = committed.pass;
      // What a webhook named while the pass ran, or while it was interrupted, nobody else may come to read.
      if (committed.owes) await deps.temporal.wake(pass.integration_id);
      report(deps, pass, committed.changed, liveness);
      if (pass.state !== 'running' || stop || liveness.isShuttingDown()) return pass;
    }
  } finally {
    // A page that was fetched ahead and is not wanted any more.
    prefetch.abort(new Error('The pass has ended.'));
  }
}

/** Keeps a rejection until it is awaited, instead of ending the process when nobody waits for it. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

async function restartIfRefused(deps: ActivityDeps, pass: Pass, error: unknown): Promise<Pass> {
  if (!(error instanceof SyncError) || error.errorClass !== 'CursorRefused') throw error;
  if (pass.restarts >= MAX_RESTARTS) {
    throw new SyncError(
      'RequestRejected',
      `Kombo refused the cursor of ${pass.endpoint} ${pass.restarts + 1} times.`,
      {
        code: error.code,
      },
    );
  }
  deps.log.warn(
    { endpoint: pass.endpoint, pass: pass.id },
    'Kombo refused the cursor; the pass starts again',
  );
  return restartPass(deps.store, pass);
}

function report(deps: ActivityDeps, pass: Pass, changed: boolean, liveness: Liveness): void {
  if (changed) deps.notifyChanges();
  const counts = passCounts(pass);
  liveness.report({ pages: counts.pages, records: counts.records });
  deps.onPage?.({
    integrationId: pass.integration_id,
    endpoint: pass.endpoint,
    kind: pass.kind,
    trigger: pass.trigger,
    page: counts.pages,
    counts,
    done: pass.state === 'completed',
  });
}

function toResult(pass: Pass): ChunkResult {
  return {
    done: pass.state !== 'running',
    passId: pass.id,
    kind: pass.kind,
    counts: passCounts(pass),
    // A sweep that an earlier run began is gone on with.
    sweep: pass.state === 'completed' && (pass.sweep_state === 'due' || pass.sweep_state === 'checking'),
  };
}
