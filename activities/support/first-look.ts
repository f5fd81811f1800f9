import { POLICIES } from '../../src/domain/errors.ts';
import { FIRST_LOOK_MS, SLOW_READ_MS } from '../../src/domain/retry.ts';
import { NO_COUNTS } from '../../src/domain/counts.ts';
import type { EndpointOutcome, Trigger } from '../../src/domain/sync.ts';
import type { PassKind, PlannedPass } from '../../src/domain/reads.ts';
import { healTogether } from '../../src/store/state/due.ts';
import { openPass, passCounts, type Pass } from '../../src/store/state/passes.ts';
import type { Paid } from '../../src/store/state/pay.ts';
import { leftOutReason } from './chosen.ts';
import type { DatabaseClock } from './clock.ts';
import type { ActivityDeps } from './deps.ts';
import { infrastructureOutage } from './failures.ts';
import type { Liveness } from './liveness.ts';
import { noteFailedRead } from './note-failure.ts';
import { unparkAfterPage } from './unpark.ts';
import { walk } from './walk.ts';

export interface Sync {
  integrationId: string;
  syncId: string;
  workflowId: string;
  runId: string;
  trigger: Trigger;
  clock: DatabaseClock;
  liveness: Liveness;
}

/** The outcome of a look at several endpoints. */
export interface FirstLook {
  outcomes: EndpointOutcome[];
  /** Reads that take longer. Each continues in an activity of its own. */
  rest: PlannedPass[];
  /** Whether something is due that this look has not paid. */
  owes: boolean;
}

/**
 * Reads the deltas of a sync for a second or so. Most have one short page, so the sync needs a single activity. A read
 * with more pages or without an answer continues in an activity of its own, so that no endpoint waits for another
 * (invariant I25).
 *
 * @param longestMs how long it may take while nothing has come of it that waits for its end.
 */
export async function lookAtNews(
  deps: ActivityDeps,
  sync: Sync,
  passes: readonly PlannedPass[],
  longestMs = FIRST_LOOK_MS,
): Promise<FirstLook> {
  const look: FirstLook = { outcomes: [], rest: [], owes: false };
  // Few enough that one integration does not fill the worker; a slow one does not count.
  const atOnce = deps.settings.PASSES_PER_SYNC;
  using box = timeBox(longestMs);
  await eachSoon(passes, { atOnce, slowMs: SLOW_READ_MS }, async (pass) => {
    if (box.signal.aborted) look.rest.push(pass);
    else await lookAt(deps, sync, pass, box.signal, look);
    const isWaitedFor = look.rest.length > 0 || look.owes || look.outcomes.some(hasFailed);
    if (isWaitedFor) box.endWithin(FIRST_LOOK_MS);
  });
  return look;
}

const hasFailed = ({ status }: EndpointOutcome) => status === 'failed';

/** Ends after a while, and sooner when it is told so. */
function timeBox(ms: number): { signal: AbortSignal; endWithin(ms: number): void; [Symbol.dispose](): void } {
  const controller = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const endWithin = (within: number) => void timers.push(setTimeout(() => controller.abort(), within));
  endWithin(ms);
  const dispose = () => timers.forEach(clearTimeout);
  return { signal: controller.signal, endWithin, [Symbol.dispose]: dispose };
}

async function lookAt(
  deps: ActivityDeps,
  sync: Sync,
  planned: PlannedPass,
  box: AbortSignal,
  look: FirstLook,
): Promise<void> {
  const { integrationId, syncId, workflowId, runId, trigger, clock, liveness } = sync;
  const { endpoint, because } = planned;
  const kind = planned.kind as PassKind;
  let end;
  try {
    const pass = await openPass(deps.store, {
      integrationId,
      endpoint,
      kind,
      syncId,
      workflowId,
      runId,
      trigger,
      because,
      overlapMs: deps.settings.WATERMARK_OVERLAP,
    });
    if (!pass) {
      const reason = leftOutReason({ integrationId, endpoint });
      look.outcomes.push({ endpoint, kind, status: 'skipped', counts: NO_COUNTS, reason });
      return;
    }
    if (pass.state !== 'running') {
      // An earlier attempt of this activity has ended it.
      look.outcomes.push(endedBefore(pass));
      return;
    }
    end = await walk(deps, pass, { clock, liveness, box });
    if (end.pass.pages > pass.pages && (await unparkAfterPage(deps, integrationId))) look.owes = true;
  } catch (error) {
    // If Postgres failed for one endpoint, Temporal tries that one again without reading the others twice.
    if (!infrastructureOutage(error)) throw error;
    look.rest.push(planned);
    return;
  }
  const counts = passCounts(end.pass);
  if (end.state === 'completed') {
    look.outcomes.push({ endpoint, kind, status: 'completed', counts });
    look.owes ||= end.paid.owes;
    await heal(deps, integrationId, end.paid);
  } else if (end.state === 'more' || POLICIES[end.error.errorClass].harmless) {
    look.rest.push(planned);
  } else {
    const { pass, error } = end;
    const failed = { integrationId, endpoint, kind, tryId: syncId, error, pass, clock };
    const { status, reason, owes } = await noteFailedRead(deps, failed);
    look.outcomes.push({ endpoint, kind, status, counts, reason });
    look.owes ||= owes;
  }
}

function endedBefore(pass: Pass): EndpointOutcome {
  const { endpoint, kind, state, error_code: code, error_message: message } = pass;
  const status = state === 'completed' || state === 'skipped' ? state : 'failed';
  const reason = code === null ? undefined : { code, message: message ?? '' };
  return { endpoint, kind, status, counts: passCounts(pass), reason };
}

/** A read that had failed works again, so try the others that failed for the same reason. */
export async function heal(
  deps: ActivityDeps,
  integrationId: string,
  { recoveredSince }: Pick<Paid, 'recoveredSince'>,
): Promise<void> {
  if (!recoveredSince) return;
  const { store, settings, temporal } = deps;
  const others = await healTogether(store, integrationId, recoveredSince, settings.RETRY_INTERVAL);
  for (const id of others) await temporal.wake(id);
}

/**
 * Works on each item, a few at once. An item that takes long no longer counts, so it does not keep others from
 * beginning.
 */
async function eachSoon<T>(
  items: readonly T[],
  { atOnce, slowMs }: { atOnce: number; slowMs: number },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const all: Promise<void>[] = [];
  const places = new Set<Promise<void>>();
  for (const item of items) {
    while (places.size >= atOnce) await Promise.race(places);
    const working = work(item);
    all.push(working);
    const place: Promise<void> = Promise.race([settled(working), sleep(slowMs)]).finally(() =>
      places.delete(place),
    );
    places.add(place);
  }
  await Promise.all(all);
}

const settled = (work: Promise<void>) => work.catch(() => {});

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
}
