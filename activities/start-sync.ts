import { Context } from '@temporalio/activity';
import { enabledEndpoints } from '../src/domain/catalogue/index.ts';
import type { Asker } from '../src/domain/decide.ts';
import { syncWorkflowId } from '../src/domain/names.ts';
import { FIRST_LOOK_MS } from '../src/domain/retry.ts';
import {
  LOOK_UP,
  type EndpointOutcome,
  type PassKind,
  type PlannedPass,
  type Reason,
  type ServedDeliveries,
  type Trigger,
} from '../src/domain/sync.ts';
import { databaseTime } from '../src/store/database.ts';
import { owe, readDebts } from '../src/store/debts.ts';
import { noteServed } from '../src/store/deliveries.ts';
import { makeDue, nextRetryMs } from '../src/store/due.ts';
import { adoptUnseen, findIntegration, type Integration } from '../src/store/integrations.ts';
import { announceDeletion } from '../src/store/life.ts';
import { cancelPasses } from '../src/store/pass-life.ts';
import { databaseClock } from './support/clock.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { lookAtNews, type FirstLook, type Sync } from './support/first-look.ts';
import { keepAlive } from './support/liveness.ts';
import { lookUp, settleTemporal, type LookedUp } from './support/look-up.ts';
import { needsLook } from './support/needs-look.ts';
import { noteFailedRead } from './support/note-failure.ts';
import { keepReads, planReads, type Plan } from './support/plan.ts';

export interface StartSyncInput {
  integrationId: string;
  syncId: string;
  trigger: Trigger;
  kind: PassKind;
  by: Asker;
  /** Models that are asked for; undefined means every endpoint. */
  models?: string[] | undefined;
  /** Try what fails although its pause is not over. */
  urgent?: boolean;
  /** Look the integration up at Kombo. */
  lookUp?: boolean;
  /** A webhook told of its deletion (epoch milliseconds). */
  deletedAt?: number;
  /** The webhooks that the sync serves. */
  deliveries?: ServedDeliveries[];
  /** What webhooks say of an integration that may not be known. */
  tool?: string;
  category?: string;
  /** What the run reads already, by `readKey`. */
  busy?: string[];
  /** Syncs whose reads were cut off. */
  cut?: string[];
}

export interface SyncStart {
  tool?: string;
  category?: string;
  /** Since when the integration is active without a break (ISO): what a pause has cut off is told by it. */
  activeSince?: string;
  /** What is still to be read, each by itself. */
  passes: PlannedPass[];
  /** What has been read already, has failed, or is not read. */
  outcomes: EndpointOutcome[];
  unknownModels: string[];
  /** What is left to reads that the run does already: it looks again when these end. */
  left: string[];
  /** Why nothing is read at all: the integration is gone, parked, paused, or of a category that is not known. */
  blocked?: Reason;
  /** Nothing is known of the integration, and Kombo did not say: it is to be asked again. */
  unanswered?: boolean;
  /** Something is due already that this start has not read. */
  owes: boolean;
  /** Milliseconds until something that fails is tried again; null when no timer is to wait. */
  retryInMs: number | null;
}

/**
 * Begins a sync: decides which endpoints it reads, notes what it owes, and reads what one short look brings. A look-up at
 * Kombo goes on beside that; only what is new or parked waits for it, and not for long.
 */
export function createStartSync(deps: ActivityDeps) {
  return async function startSync(input: StartSyncInput): Promise<SyncStart> {
    return asFailures(async () => {
      using liveness = keepAlive();
      const { integrationId, syncId, trigger, deliveries = [], cut = [] } = input;
      if (cut.length > 0) await cancelPasses(deps.store, cut);
      await noteServed(deps.store, integrationId, syncId, deliveries);
      const { workflowExecution } = Context.current().info;
      const sync: Sync = {
        integrationId,
        syncId,
        trigger,
        workflowId: workflowExecution?.workflowId ?? syncId,
        runId: workflowExecution?.runId ?? '',
        clock: await databaseClock(deps.store),
        liveness,
      };
      const start = await begin(deps, sync, input);
      await settleTemporal(deps, integrationId, sync.workflowId);
      const busy = [
        ...start.passes.map(({ kind, endpoint }) => `${kind} ${endpoint}`),
        ...(input.busy ?? []),
      ];
      const retryInMs = start.retryInMs ?? (await nextRetryMs(deps.store, integrationId, busy));
      // One run waits for the next try of all: `sync/<id>`, which is woken when another one has met a failure.
      if ((retryInMs !== null || start.owes) && sync.workflowId !== syncWorkflowId(integrationId)) {
        await deps.temporal.wake(integrationId);
      }
      return { ...start, retryInMs };
    });
  };
}

async function begin(deps: ActivityDeps, sync: Sync, input: StartSyncInput): Promise<SyncStart> {
  const { integrationId } = input;
  if (input.deletedAt !== undefined) {
    await announceDeletion(deps.store, integrationId, new Date(input.deletedAt));
  }
  let known = await findIntegration(deps.store, integrationId);
  if (known && input.lookUp) await owe(deps.store, integrationId, [{ endpoint: LOOK_UP, kind: 'look-up' }]);
  const looking = (await needsLook(deps, known, input)) ? ask(deps, sync, input) : undefined;
  const waits = !known || known.status === 'removed' || known.status === 'parked';
  const looked = waits ? await looking : undefined;
  if (looked?.state === 'unanswered' && !known && input.tool && input.category) {
    const { tool, category } = input;
    known = await adoptUnseen(deps.store, { id: integrationId, tool, category });
  }
  const isHere = known !== undefined && known.status !== 'removed';
  if (looked?.state === 'unanswered' && !isHere) return unanswered(looked.error);
  if (looked?.state === 'gone') return blocked(looked.reason);
  known = (await findIntegration(deps.store, integrationId)) ?? known;
  if (!known || known.status === 'removed') return blocked(goneReason(known, integrationId));
  if (known.status === 'paused' || looked?.state === 'parked' || isLeftParked(known, looked, input)) {
    return keepForLater(deps, known, input);
  }
  return read(deps, sync, known, input, looking);
}

/** Reads, while a look-up that nothing waits for goes on. */
async function read(
  deps: ActivityDeps,
  sync: Sync,
  integration: Integration,
  input: StartSyncInput,
  looking: Promise<LookedUp> | undefined,
): Promise<SyncStart> {
  const { id, tool, category, statusSince } = integration;
  const plan = await planReads(deps, integration, planOf(input));
  const news = plan.passes.filter(({ kind }) => kind === 'delta');
  const [look, looked] = await Promise.all([lookAtNews(deps, sync, news), looking]);
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
    const kept = await keepForLater(deps, said.integration, input);
    return { ...kept, outcomes: start.outcomes, unknownModels: start.unknownModels };
  }
  // A webhook about the integration itself is news for what it refused to let read.
  if (input.lookUp) {
    await makeDue(deps.store, id, ['IntegrationParked', 'IntegrationGone'], deps.settings.RETRY_INTERVAL);
  }
  if (input.kind === 'full') return { ...start, ...knownCategory(said.integration.category, deps) };
  const more = await planReads(deps, said.integration, {
    ...planOf(input),
    by: 'timer',
    models: [],
    urgent: false,
  });
  const has = new Set(
    [...start.passes, ...start.outcomes].map(({ kind, endpoint }) => `${kind} ${endpoint}`),
  );
  const added = more.passes.filter(({ kind, endpoint }) => !has.has(`${kind} ${endpoint}`));
  return { ...start, passes: [...start.passes, ...added], ...knownCategory(said.integration.category, deps) };
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
  // It is awaited later, or not at all.
  looking.catch(() => {});
  return looking;
}

/** An endpoint said something of the whole integration: Kombo is asked who is right. */
async function lookNow(deps: ActivityDeps, sync: Sync, input: StartSyncInput): Promise<LookedUp | undefined> {
  const debts = await readDebts(deps.store, input.integrationId);
  return debts.get(LOOK_UP)?.['look-up'] ? ask(deps, sync, input) : undefined;
}

/** @returns the look-up as a read of its own, where it only took too long. */
async function noteLookFailed(
  deps: ActivityDeps,
  { integrationId, syncId }: Sync,
  { error }: Extract<LookedUp, { state: 'unanswered' }>,
): Promise<PlannedPass[]> {
  const failed = { integrationId, endpoint: LOOK_UP, kind: 'look-up' as const, tryId: syncId, error };
  await noteFailedRead(deps, failed);
  return error.errorClass === 'Unavailable' ? [{ endpoint: LOOK_UP, kind: 'look-up', because: 'retry' }] : [];
}

/** While Kombo does not answer about a parked integration, what webhooks and you name is tried: reading will tell. */
function isLeftParked(known: Integration, looked: LookedUp | undefined, { by }: StartSyncInput): boolean {
  if (known.status !== 'parked' || looked?.state === 'there') return false;
  return by !== 'webhook' && by !== 'operator';
}

/** Nothing is read, and nothing that was asked for is forgotten. */
async function keepForLater(
  deps: ActivityDeps,
  integration: Integration,
  { kind, models }: StartSyncInput,
): Promise<SyncStart> {
  const { tool, category, status, statusReason, statusCode, needsPerson, retryAt } = integration;
  await keepReads(deps, integration, kind, models);
  const said = statusReason ?? 'no reason given';
  const now = await databaseTime(deps.store);
  const waits = status === 'parked' && !needsPerson && retryAt;
  const reason =
    status === 'paused'
      ? { code: 'Paused', message: `Paused: ${said}. The reads are kept for later.` }
      : { code: statusCode ?? 'IntegrationParked', message: said };
  return {
    ...blocked(reason),
    tool,
    category,
    retryInMs: waits ? Math.max(0, retryAt.getTime() - now.getTime()) : null,
  };
}

function goneReason(known: Integration | undefined, id: string): Reason {
  const message = known?.statusReason ?? `Kombo does not know ${id}; nothing is read for it.`;
  return { code: 'IntegrationGone', message };
}

/** It is kept, and read in full once a version knows its category, since nothing of it has been read before. */
function knownCategory(category: string, { settings }: ActivityDeps): Pick<SyncStart, 'blocked'> {
  if (enabledEndpoints(category, settings.EXTRA_ENDPOINTS).length > 0) return {};
  const message = `This version of kombo-sync does not know the category ${category}, so nothing is read. Look for a newer one.`;
  return { blocked: { code: 'CategoryUnknown', message } };
}

function blocked(reason: Reason): SyncStart {
  return {
    passes: [],
    outcomes: [],
    unknownModels: [],
    left: [],
    owes: false,
    retryInMs: null,
    blocked: reason,
  };
}

/** It is new, and there is no place to keep what was asked for: the run keeps it, and asks again. */
function unanswered({ code, message }: { code: string; message: string }): SyncStart {
  return { ...blocked({ code, message }), unanswered: true };
}
