import { classesThat } from '../src/domain/errors.ts';
import { FIRST_LOOK_MS, QUIET_LOOK_MS } from '../src/domain/retry.ts';
import { LOOK_UP, readKey, type PlannedPass } from '../src/domain/reads.ts';
import { untraced } from '../src/domain/span.ts';
import { isQuiet } from '../src/domain/sync.ts';
import { owe, readDebts } from '../src/store/state/debts.ts';
import { noteServed } from '../src/store/state/deliveries.ts';
import { makeDue } from '../src/store/state/due.ts';
import { adoptUnseen, findIntegration, type Integration } from '../src/store/state/integrations.ts';
import { announceDeletion } from '../src/store/state/deletions.ts';
import { cancelPasses } from '../src/store/state/pass-life.ts';
import { callingRun, wakeUnlessCalling } from './support/calling-run.ts';
import { databaseClock } from './support/clock.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { lookAtNews, type FirstLook, type Sync } from './support/first-look.ts';
import { keepAlive } from './support/liveness.ts';
import { lookUp, settleTemporal, type LookedUp } from './support/look-up.ts';
import { needsLook } from './support/needs-look.ts';
import { nextRetry } from './support/next-retry.ts';
import { noteFailedRead } from './support/note-failure.ts';
import { planReads, type Plan } from './support/plan.ts';
import type { StartSyncInput, SyncStart } from './support/sync-start.ts';
import { blocked, goneReason, keepUnread, knownCategory, unanswered } from './support/unread.ts';

/**
 * Begins a sync: decides which endpoints it reads, records what is owed, and takes one short look at what changed. A
 * look-up at Kombo runs beside that. Only a new or parked integration waits for it, and not for long.
 */
export function createStartSync(deps: ActivityDeps) {
  return async function startSync(input: StartSyncInput): Promise<SyncStart> {
    return asFailures(async () => {
      using liveness = keepAlive();
      const { integrationId, syncId, trigger, deliveries = [], cut = [] } = input;
      if (cut.length > 0) await cancelPasses(deps.store, cut);
      await noteServed(deps.store, integrationId, syncId, deliveries);
      const sync: Sync = {
        integrationId,
        syncId,
        trigger,
        ...callingRun(syncId),
        clock: await databaseClock(deps.store),
        liveness,
      };
      // A full sync only decides about full passes.
      const decidedAt = input.kind === 'delta' ? sync.clock.earliest() : null;
      const start = await begin(deps, sync, input);
      await settleTemporal(deps, integrationId, sync.workflowId);
      const busy = [...start.passes.map(readKey), ...(input.busy ?? [])];
      const next = await nextRetry(deps, integrationId, { except: busy, after: decidedAt });
      const retryInMs = sooner(start.retryInMs, next);
      if (retryInMs !== null || start.owes) await wakeUnlessCalling(deps, integrationId);
      const unlabelled = [...((await deps.temporal.unusableLabels?.()) ?? [])];
      const { PASSES_PER_SYNC: atOnce } = deps.settings;
      return { ...brief(start), atOnce, retryInMs, ...(unlabelled.length > 0 ? { unlabelled } : {}) };
    });
  };
}

/** As it goes into the history. */
function brief(start: SyncStart): SyncStart {
  const quiet = start.outcomes.filter(isQuiet).map(({ endpoint }) => endpoint);
  return { ...start, outcomes: start.outcomes.filter((outcome) => !isQuiet(outcome)), quiet };
}

function sooner(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

async function begin(deps: ActivityDeps, sync: Sync, input: StartSyncInput): Promise<SyncStart> {
  const { integrationId } = input;
  if (input.deletedAt !== undefined) {
    await announceDeletion(deps.store, integrationId, new Date(input.deletedAt));
  }
  let known = await findIntegration(deps.store, integrationId);
  if (known && input.lookUp) await owe(deps.store, integrationId, [{ endpoint: LOOK_UP, kind: 'look-up' }]);
  const looking = (await needsLook(deps, known, input)) ? ask(deps, sync, input) : undefined;
  // If a webhook reported a deletion, wait for the look-up before reading.
  const isDoubtful = input.deletedAt !== undefined || Boolean(known?.announcedDeletedAt);
  const waits = known?.status !== 'active' || isDoubtful;
  const looked = waits ? await looking : undefined;
  if (looked?.state === 'unanswered' && !known && input.tool && input.category) {
    const { tool, category, originId } = input;
    known = await adoptUnseen(deps.store, { id: integrationId, tool, category, originId });
  }
  const isHere = known !== undefined && known.status !== 'removed';
  if (looked?.state === 'unanswered' && !isHere) return unanswered(looked.error);
  if (looked?.state === 'gone') return blocked(looked.reason);
  known = (await findIntegration(deps.store, integrationId)) ?? known;
  if (!known || known.status === 'removed') return blocked(goneReason(known, integrationId));
  if (known.status === 'paused' || looked?.state === 'parked' || isLeftParked(known, looked, input)) {
    if (looked?.state === 'unanswered') await noteLookFailed(deps, sync, looked);
    return keepUnread(deps, known, input);
  }
  return read(deps, sync, known, input, looking);
}

/** Reads while a look-up runs that nothing waits for. */
async function read(
  deps: ActivityDeps,
  sync: Sync,
  integration: Integration,
  input: StartSyncInput,
  looking: Promise<LookedUp> | undefined,
): Promise<SyncStart> {
  const { id, tool, category, statusSince } = integration;
  const fields = { integration: id, trigger: input.trigger };
  const traced = deps.span ?? untraced;
  const since = Math.min(...(input.deliveries ?? []).map(({ firstAt }) => firstAt));
  if (Number.isFinite(since)) await traced('debounce', fields, () => Promise.resolve(), since);
  const plan = await traced('plan', fields, () => planReads(deps, integration, planOf(input)));
  const news = plan.passes.filter(({ kind }) => kind === 'delta');
  // Without news nothing waits for the look, unless it keeps another read from beginning.
  const isLong = input.by === 'catch-up' && news.length === plan.passes.length;
  const longestMs = isLong ? QUIET_LOOK_MS : FIRST_LOOK_MS;
  const [look, looked] = await Promise.all([lookAtNews(deps, sync, news, longestMs), looking]);
  const known = { tool, category, activeSince: statusSince.toISOString() };
  const start = { ...known, ...together(plan, look), retryInMs: null };
  const said = looked ?? (look.owes ? await lookNow(deps, sync, input) : undefined);
  if (!said) return { ...start, ...knownCategory(category, deps) };
  if (said.state === 'unanswered') {
    const rest = await noteLookFailed(deps, sync, said);
    return { ...start, passes: [...start.passes, ...rest] };
  }
  if (said.state === 'gone') return { ...blocked(said.reason), outcomes: start.outcomes };
  if (said.state === 'parked') {
    const kept = await keepUnread(deps, said.integration, input);
    return { ...kept, outcomes: start.outcomes, unknownModels: start.unknownModels };
  }
  // After a webhook about the integration itself, refused endpoints may be readable again.
  if (input.lookUp) {
    await makeDue(deps.store, id, REFUSALS, deps.settings.RETRY_INTERVAL);
  }
  // The look-up may have made more endpoints readable, and more reads owed.
  const again = { ...planOf(input), ...(input.kind === 'delta' ? BY_ITSELF : {}) };
  const more = withMore(start, await planReads(deps, said.integration, again));
  return { ...more, ...knownCategory(said.integration.category, deps) };
}

/** Errors that follow from the state of the integration, or from the scope that the customer has granted. */
const REFUSALS = classesThat((policy) => policy.followsState);

const BY_ITSELF = { by: 'timer', models: [], urgent: false } as const;

/** Adds the passes that a start does not have yet. */
function withMore(start: SyncStart, { passes }: Plan): SyncStart {
  const read = start.outcomes.filter(({ status }) => status !== 'skipped');
  const has = new Set([...start.passes, ...read].map(readKey));
  const added = passes.filter((pass) => !has.has(readKey(pass)));
  const isAdded = new Set(added.map(readKey));
  return {
    ...start,
    passes: [...start.passes, ...added],
    outcomes: start.outcomes.filter((outcome) => !isAdded.has(readKey(outcome))),
  };
}

function together(plan: Plan, look: FirstLook) {
  return {
    passes: [...plan.passes.filter(({ kind }) => kind !== 'delta'), ...look.rest],
    outcomes: [...plan.outcomes, ...look.outcomes],
    unknownModels: plan.unknownModels,
    left: plan.left,
    owes: look.owes,
  };
}

function planOf(input: StartSyncInput) {
  const { kind, by, syncId, models, urgent = false, busy = [] } = input;
  return { kind, by, syncId, models, urgent, busy: new Set(busy) };
}

function ask(deps: ActivityDeps, sync: Sync, input: StartSyncInput): Promise<LookedUp> {
  const { deletedAt, deliveries = [] } = input;
  const looking = lookUp(deps, {
    integrationId: input.integrationId,
    deletedAt: deletedAt === undefined ? undefined : new Date(deletedAt),
    named: deliveries.length > 0,
    timeoutMs: FIRST_LOOK_MS,
    signal: sync.liveness.signal,
  });
  // It is awaited later or never.
  looking.catch(() => {});
  return looking;
}

/** An endpoint's answer concerns the whole integration, so this asks Kombo whether it is true. */
async function lookNow(deps: ActivityDeps, sync: Sync, input: StartSyncInput): Promise<LookedUp | undefined> {
  const debts = await readDebts(deps.store, input.integrationId);
  return debts.get(LOOK_UP)?.['look-up'] ? ask(deps, sync, input) : undefined;
}

/** @returns the look-up as a read of its own, if it only took too long. */
async function noteLookFailed(
  deps: ActivityDeps,
  { integrationId, syncId }: Sync,
  { error, askedSeq }: Extract<LookedUp, { state: 'unanswered' }>,
): Promise<PlannedPass[]> {
  const failed = {
    integrationId,
    endpoint: LOOK_UP,
    kind: 'look-up' as const,
    tryId: syncId,
    error,
    askedSeq,
  };
  await noteFailedRead(deps, failed);
  return error.errorClass === 'Unavailable' ? [{ endpoint: LOOK_UP, kind: 'look-up', because: 'retry' }] : [];
}

/** While Kombo does not answer about a parked integration, reads that a webhook or you ask for are still tried. */
function isLeftParked(known: Integration, looked: LookedUp | undefined, { by }: StartSyncInput): boolean {
  if (known.status !== 'parked' || looked?.state === 'there') return false;
  // A webhook reported a deletion, so reading stops.
  if (known.announcedDeletedAt) return true;
  return by !== 'webhook' && by !== 'operator';
}
