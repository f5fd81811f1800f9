import { SyncError } from '../../src/domain/errors.ts';
import { MAX_PAGES, MAX_RESTARTS, PAGE_PATIENCE_MS } from '../../src/domain/retry.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import type { Paid } from '../../src/store/state/pay.ts';
import { learntEndpoint } from '../../src/store/state/extra-endpoints.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import { restartPass } from '../../src/store/state/pass-life.ts';
import { passCounts, type Pass } from '../../src/store/state/passes.ts';
import type { DatabaseClock } from './clock.ts';
import { delay } from './delay.ts';
import { writeOptions, type ActivityDeps } from './deps.ts';
import type { Liveness } from './liveness.ts';
import { readPage, type ReadPage } from './read-page.ts';

type WalkEnd =
  | { state: 'completed'; pass: Pass; paid: Paid }
  /** The time is up, or the worker is going away. */
  | { state: 'more'; pass: Pass }
  /** Kombo or a lock in Postgres stopped it. */
  | { state: 'stopped'; pass: Pass; error: SyncError };

interface WalkOptions {
  clock: DatabaseClock;
  liveness: Liveness;
  /** Ends the walk after the page that is being written, and gives up a request under way. */
  box: AbortSignal;
  /** Reads and writes a page however short the time is, so that a pass that is called again and again ends. */
  atLeastOnePage?: boolean;
}

const OUT_OF_BOX = Symbol('out of the time box');

/**
 * Reads one endpoint page by page until the end, the time box or an error. It fetches the next page while it writes the
 * last one, unless two of them would take too much memory. Each page is one transaction that also moves the cursor, so
 * the next attempt resumes there (invariants I7, I9).
 *
 * @throws errors other than those of Kombo and of locks: the database is away, or the activity is cancelled.
 */
export async function walk(deps: ActivityDeps, opened: Pass, options: WalkOptions): Promise<WalkEnd> {
  const { clock, liveness, box } = options;
  const endpoint = await learntEndpoint(deps.store, opened.endpoint);
  const unwanted = new AbortController();
  const signal = AbortSignal.any([liveness.signal, unwanted.signal]);
  let pass = opened;
  let pageSize: number | undefined;
  // `begun` numbers the present moment. If time passes before Kombo is asked, this draws a new number then.
  const read = async (cursor: string | null, pauseMs = 0, begun?: number) => {
    let drawn = pauseMs > 0 ? undefined : begun;
    const draw = async () => {
      const seq = drawn ?? (await drawObservation(deps.store));
      drawn = undefined;
      return seq;
    };
    if (pauseMs > PAGE_PATIENCE_MS) throw limitUsedUp(pauseMs);
    await delay(pauseMs, signal);
    const query = { integrationId: pass.integration_id, endpoint: pass.endpoint, cursor, pageSize, signal };
    return readPage(deps, endpoint, { ...query, updatedAfter: pass.updated_after }, clock, draw);
  };
  try {
    let upcoming = quiet(read(pass.cursor));
    for (;;) {
      let page: ReadPage | typeof OUT_OF_BOX;
      try {
        const isFirst = pass.version === opened.version;
        page = options.atLeastOnePage && isFirst ? await upcoming : await orAborted(upcoming, box);
        if (page === OUT_OF_BOX) return { state: 'more', pass };
      } catch (error) {
        if (!isRefusedCursor(error)) throw error;
        pass = await restart(deps, pass, error);
        upcoming = quiet(read(null));
        continue;
      }
      const stops = () => liveness.isShuttingDown() || box.aborted;
      const { next, pauseMs, isLarge } = page;
      pageSize = page.nextSize;
      if (next !== null && pass.pages >= MAX_PAGES) throw endless(pass.endpoint, MAX_PAGES);
      const ready = page;
      const onBegun = (seq: number) => {
        if (next !== null && !isLarge && !stops()) upcoming = quiet(read(next, pauseMs, seq));
      };
      const committed = await deps.gate.write(endpoint.table, () =>
        commitPage(deps.store, pass, ready, writeOptions(deps), onBegun),
      );
      pass = committed.pass;
      report(deps, pass, committed.changed, liveness);
      if (committed.paid) return { state: 'completed', pass, paid: committed.paid };
      if (stops()) return { state: 'more', pass };
      if (isLarge) upcoming = quiet(read(next, pauseMs));
    }
  } catch (error) {
    if (error instanceof SyncError) return { state: 'stopped', pass, error };
    throw error;
  } finally {
    // A page that was fetched ahead is no longer wanted.
    unwanted.abort(new Error('The pass has ended.'));
  }
}

/** The answer, or the end of the time box, whichever comes first. */
async function orAborted<T>(answer: Promise<T>, box: AbortSignal): Promise<T | typeof OUT_OF_BOX> {
  const { promise, resolve } = Promise.withResolvers<typeof OUT_OF_BOX>();
  const onAbort = () => resolve(OUT_OF_BOX);
  if (box.aborted) onAbort();
  box.addEventListener('abort', onAbort);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    box.removeEventListener('abort', onAbort);
  }
}

/** Keeps a rejection until it is awaited. Otherwise it would end the process if nothing waits for it. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function isRefusedCursor(error: unknown): error is SyncError {
  return error instanceof SyncError && error.errorClass === 'CursorRefused';
}

async function restart(deps: ActivityDeps, pass: Pass, { code }: SyncError): Promise<Pass> {
  if (pass.restarts >= MAX_RESTARTS) {
    const what = `Kombo refused the cursor of ${pass.endpoint} ${pass.restarts + 1} times.`;
    throw new SyncError('RequestRejected', what, { code });
  }
  deps.log.warn(
    { endpoint: pass.endpoint, pass: pass.id },
    'Kombo refused the cursor; the pass starts again',
  );
  return restartPass(deps.store, pass);
}

function limitUsedUp(pauseMs: number): SyncError {
  const what = `Kombo's rate limit is used up for ${Math.ceil(pauseMs / 1000)} s.`;
  return new SyncError('RateLimited', what, { retryAfterMs: pauseMs });
}

/** All its cursors are new, so only their number shows that it is endless. */
export function endless(endpoint: string, pages: number): SyncError {
  return new SyncError('CursorRepeated', `The listing of ${endpoint} has no end: ${pages} pages were read.`);
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
