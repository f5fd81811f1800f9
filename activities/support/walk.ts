import { SyncError } from '../../src/domain/errors.ts';
import { BUDGET_PATIENCE_MS, MAX_PAGES, MAX_RESTARTS, PAGE_PATIENCE_MS } from '../../src/domain/retry.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { subtractCounts, type PassCounts } from '../../src/domain/counts.ts';
import type { Paid } from '../../src/store/state/pay.ts';
import { learntEndpoint } from '../../src/store/state/extra-endpoints.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import { restartPass } from '../../src/store/state/pass-life.ts';
import { passCounts, type Pass } from '../../src/store/state/passes.ts';
import { untraced } from '../../src/domain/span.ts';
import type { DatabaseClock } from './clock.ts';
import { delay } from './delay.ts';
import { writeOptions, type ActivityDeps } from './deps.ts';
import type { Liveness } from './liveness.ts';
import { measurePass } from './measure.ts';
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
  const { integration_id: integration, endpoint, kind, trigger } = opened;
  const fields = { integration, endpoint, kind, trigger };
  return (deps.span ?? untraced)('pass', fields, () => walkPages(deps, opened, options));
}

async function walkPages(deps: ActivityDeps, opened: Pass, options: WalkOptions): Promise<WalkEnd> {
  const { clock, liveness, box } = options;
  const endpoint = await learntEndpoint(deps.store, opened.endpoint);
  const unwanted = new AbortController();
  const signal = AbortSignal.any([liveness.signal, unwanted.signal]);
  const urgent = isUrgent(opened);
  const patienceMs = BUDGET_PATIENCE_MS[opened.kind];
  let pass = opened;
  let pageSize: number | undefined;
  const traced = <T>(name: 'fetch' | 'write', work: () => Promise<T>) =>
    (deps.span ?? untraced)(name, { endpoint: opened.endpoint, page: pass.pages + 1 }, work);
  // `begun` numbers the present moment; where time passes before Kombo is asked, a number is drawn then.
  const read = async (cursor: string | null, pauseMs = 0, begun?: number) => {
    let drawn = pauseMs > 0 ? undefined : begun;
    const draw = async (waited: boolean) => {
      const seq = (waited ? undefined : drawn) ?? (await drawObservation(deps.store));
      drawn = undefined;
      return seq;
    };
    if (pauseMs > PAGE_PATIENCE_MS) throw limitUsedUp(pauseMs);
    await delay(pauseMs, signal);
    const query = { integrationId: pass.integration_id, endpoint: pass.endpoint, cursor, pageSize, signal };
    const asked = { ...query, updatedAfter: pass.updated_after, kind: pass.kind, urgent, patienceMs };
    const ask = () => traced('fetch', () => readPage(deps, endpoint, asked, clock, draw));
    // News is few and waits for nothing.
    if (pass.kind !== 'full' || !deps.places) return ask();
    if (await deps.places.enter(query.integrationId, signal)) drawn = undefined;
    try {
      return await ask();
    } finally {
      deps.places.leave(query.integrationId);
    }
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
      let begun = 0;
      const before = passCounts(pass);
      const committed = await traced('write', () =>
        deps.gate.write(endpoint.table, () => {
          begun = performance.now();
          return commitPage(deps.store, pass, ready, writeOptions(deps), onBegun);
        }),
      );
      const writeMs = performance.now() - begun;
      ready.release?.();
      pass = committed.pass;
      report(deps, pass, committed.changed, liveness);
      measure(deps, pass, before, writeMs);
      if (committed.paid) measurePass(deps, pass, 'completed', clock);
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

/** A webhook or you asked for what changed. */
function isUrgent({ kind, trigger }: Pass): boolean {
  return kind === 'delta' && (trigger === 'webhook' || trigger === 'manual');
}

/** What comes first: the answer, or the end of the time box. */
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

/** What one page has brought. */
function measure({ meter, log }: ActivityDeps, pass: Pass, before: PassCounts, writeMs: number): void {
  const { integration_id: integrationId, endpoint, kind } = pass;
  const counts = subtractCounts(passCounts(pass), before);
  meter?.page({ integrationId, kind, counts, writeMs });
  log.debug({ integrationId, endpoint, kind, page: pass.pages, counts, writeMs }, 'page written');
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
