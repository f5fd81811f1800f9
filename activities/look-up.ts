import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { enabledEndpoints } from '../src/domain/catalogue/index.ts';
import { isFinal, SyncError } from '../src/domain/errors.ts';
import {
  isBack,
  isDeletionOf,
  isOtherConnection,
  isSaidByReads,
  mayHaveMissed,
  REMOVED,
  whyParked,
} from '../src/domain/life.ts';
import type { KomboIntegration } from '../src/kombo/schemas.ts';
import { findIntegration, lastSeen, type Integration } from '../src/store/integrations.ts';
import {
  confirmRemoval,
  forgetUnknown,
  noteLook,
  noteSighting,
  noteUnknown,
  oweLookUp,
  remove,
} from '../src/store/life.ts';
import type { ActivityDeps } from './deps.ts';
import { parkIntegration } from './park.ts';

const LOOK_UP_EVERY_MS = 24 * 60 * 60 * 1000;
const LOOK_UP_UNAVAILABLE_EVERY_MS = 60 * 60 * 1000;

export interface LookUpRequest {
  /** A webhook said that the integration itself changed. */
  refresh: boolean;
  /** A webhook told of its deletion. */
  deletedAt?: Date | undefined;
  /** A webhook named it; else somebody or something else asks. */
  named: boolean;
  /** What is to be read. */
  models: readonly string[];
  /** A person has named these models, and may know what Kombo offers since a moment ago. */
  byHand: boolean;
}

export interface LookedUp {
  integration: Integration;
  /** Reading may be tried, also while it is parked because an earlier read was refused. */
  readable: boolean;
  /** It can be read again after it could not: everything is read, whatever was asked for. */
  everything: boolean;
}

/**
 * The integration as it is known, looked up at Kombo when it is new, parked or stale, when a webhook said that it changed,
 * or once a day. Webhooks may come in any order, twice or never: each only makes us look, and what Kombo says counts.
 *
 * @returns undefined when it is not there (any more); its schedules are gone then.
 */
export async function lookUp(
  deps: ActivityDeps,
  integrationId: string,
  request: LookUpRequest,
): Promise<LookedUp | undefined> {
  const known = await findIntegration(deps.store, integrationId);
  const deletedAt = latest(request.deletedAt, known?.announcedDeletedAt);
  if (known && !needsLook(known, request)) {
    return known.status === 'removed' ? undefined : asKnown(known);
  }
  let found: KomboIntegration;
  try {
    found = await deps.kombo.getIntegration(integrationId);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    if (error.errorClass === 'IntegrationGone') {
      if (known) return gone(deps, known, deletedAt, error);
      if (request.named) await noteUnknown(deps.store, integrationId);
      const who = request.named ? 'A webhook named' : 'A sync was started for';
      deps.log.warn({ integrationId }, `${who} an integration that Kombo does not know`);
      return undefined;
    }
    // What is known is enough to go on with; the daily look can wait until Kombo answers.
    if (known && ['active', 'paused'].includes(known.status) && !request.refresh) return asKnown(known);
    // What else fails is written down as owed. Where nothing is known there is no place for that, and what is removed has
    // nothing that would look again.
    const homeless = !known || known.status === 'removed';
    if (homeless || error.errorClass === 'AccessDenied') throw waitForAnswer(deps, integrationId, error);
    throw error;
  }
  return settle(deps, known, { ...found, id: integrationId }, deletedAt);
}

function asKnown(integration: Integration): LookedUp {
  return { integration, readable: integration.status === 'active', everything: false };
}

function needsLook(known: Integration, { refresh, models, byHand }: LookUpRequest): boolean {
  if (refresh || known.lookedUpAt === null) return true;
  const { status, dataExpiredAt, unavailableModels } = known;
  const age = Date.now() - known.lookedUpAt.getTime();
  const old = age >= LOOK_UP_EVERY_MS;
  // A 404 may have been a mistake, as with a key of another environment. Else late deliveries about what was deleted cost one
  // look a day: they may be of a new connection with the same id, whose first webhook was lost.
  if (status === 'removed') return old || (known.statusCode === REMOVED.unknown && !known.erasedAt);
  // What Kombo tells changes of it may offer by now.
  const offered =
    (byHand || age >= LOOK_UP_UNAVAILABLE_EVERY_MS) && models.some((it) => unavailableModels.includes(it));
  return old || offered || status === 'parked' || dataExpiredAt !== null;
}

/** Kombo shows it: brings what we know in line with that. */
async function settle(
  deps: ActivityDeps,
  known: Integration | undefined,
  found: KomboIntegration,
  deletedAt: Date | undefined,
): Promise<LookedUp | undefined> {
  const { store } = deps;
  if (known?.status === 'removed' && !isBack({ code: known.statusCode, at: known.removedAt }, found)) {
    await endLife(deps, known);
    return undefined;
  }
  if (deletedAt && isDeletionOf(deletedAt, found)) {
    await noteSighting(store, found, { revive: false, unpark: false, missed: [] });
    await forgetUnknown(store, found.id);
    await retire(deps, found, { code: REMOVED.deleted, message: DELETED, at: deletedAt });
    return undefined;
  }
  const parked = whyParked({ status: found.state, setupStatus: found.setupStatus });
  const refused = known?.status === 'parked' && isSaidByReads(known.statusCode);
  const everything =
    known !== undefined &&
    (known.status === 'removed' ||
      (known.status === 'parked' && !parked) ||
      mayHaveMissed(lastSeen(known), found));
  const { integration, revived } = await noteSighting(store, found, {
    revive: known?.status === 'removed',
    keepPause: known?.statusCode === REMOVED.unknown && !isOtherConnection(lastSeen(known), found),
    unpark: known?.status === 'parked' && !parked && !refused,
    missed: everything ? endpointsOf(deps, found) : [],
  });
  await forgetUnknown(store, found.id);
  if (revived) await deps.temporal.cancelErasure(found.id);
  await deps.temporal.ensureSchedules(integration);
  if (integration.status === 'paused') return asKnown(integration);
  if (!parked) return { integration, readable: true, everything };
  // Undefined when somebody has paused or removed it in this moment.
  const now = (await parkIntegration(deps, integration, parked)) ?? (await findIntegration(store, found.id));
  return now === undefined || now.status === 'removed' ? undefined : { ...asKnown(now), readable: false };
}

async function gone(
  deps: ActivityDeps,
  known: Integration,
  deletedAt: Date | undefined,
  { code, message }: SyncError,
): Promise<undefined> {
  if (deletedAt) {
    await retire(deps, known, { code: REMOVED.deleted, message: DELETED, at: deletedAt });
  } else if (known.status === 'removed') {
    await endLife(deps, known);
  } else {
    const why = { code: code === 'IntegrationGone' ? REMOVED.unknown : code, message, at: new Date() };
    await retire(deps, known, why);
  }
  return undefined;
}

const DELETED = 'It was deleted in Kombo.';

/**
 * Kombo does not have it any more: nothing is read or started for it, and its data are erased in time. Where that was so before
 * its status changed (`asOf`), it is looked up again instead.
 */
export async function retire(
  deps: ActivityDeps,
  { id }: Pick<Integration, 'id'>,
  why: { code: string; message: string; at: Date; asOf?: Date | undefined },
): Promise<void> {
  const removed = await remove(deps.store, id, why);
  if (removed) deps.log.info({ integrationId: id, code: why.code }, 'An integration is removed');
  else if (why.code === REMOVED.deleted) await confirmRemoval(deps.store, id, why);
  const known = await findIntegration(deps.store, id);
  if (known?.status === 'removed') await endLife(deps, known);
  else if (why.asOf) {
    await oweLookUp(deps.store, id);
    await deps.temporal.wake(id);
  }
}

/** What ends with an integration's life. It is done at every look, since the one that began it may have broken off. */
async function endLife(deps: ActivityDeps, { id, removedAt, erasedAt }: Integration): Promise<void> {
  await deps.temporal.cancelSyncs(id, Context.current().info.workflowExecution?.workflowId);
  await deps.temporal.deleteSchedules(id);
  const now = await findIntegration(deps.store, id);
  // Somebody has added it again meanwhile, and the schedules that went may be those of its new life.
  if (now && now.status !== 'removed') {
    await deps.temporal.ensureSchedules(now);
    return;
  }
  if (removedAt && !erasedAt) await deps.temporal.planErasure(id, removedAt);
  await noteLook(deps.store, id);
}

function endpointsOf(deps: ActivityDeps, { category }: Pick<Integration, 'category'>): string[] {
  return enabledEndpoints(category, deps.settings.EXTRA_ENDPOINTS).map(({ path }) => path);
}

const MAX_WAIT_MS = 15 * 60_000;
const TOLD_AFTER = 5;

/** A failure after which it is asked again, whatever it was: what was asked for waits in the run meanwhile. */
function waitForAnswer(deps: ActivityDeps, integrationId: string, error: SyncError): ApplicationFailure {
  const { message, code, errorClass, retryAfterMs } = error;
  const { attempt } = Context.current().info;
  // What may pass by itself is left to the retry policy, and told when it has not.
  const lasts = isFinal(errorClass);
  if (attempt === (lasts ? 1 : TOLD_AFTER)) {
    const what =
      errorClass === 'AccessDenied' ? 'Kombo refuses every request.' : 'An integration cannot be looked up.';
    deps.log.error({ integrationId, code }, `${what} ${message}`);
  }
  const pause = lasts ? Math.min(MAX_WAIT_MS, attempt * deps.settings.RETRY_INTERVAL) : undefined;
  const nextRetryDelay = retryAfterMs ?? pause;
  return ApplicationFailure.create({
    type: errorClass,
    message,
    details: [{ code }],
    ...(nextRetryDelay === undefined ? {} : { nextRetryDelay }),
    ...(lasts ? {} : { category: ApplicationFailureCategory.BENIGN }),
  });
}

function latest(a: Date | undefined, b: Date | null | undefined): Date | undefined {
  if (!a || !b) return a ?? b ?? undefined;
  return a > b ? a : b;
}
