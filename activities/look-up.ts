import { ApplicationFailure, Context } from '@temporalio/activity';
import { enabledEndpoints } from '../src/domain/catalogue/index.ts';
import { SyncError } from '../src/domain/errors.ts';
import { isBack, isDeletionOf, REMOVED, whyParked } from '../src/domain/life.ts';
import type { KomboIntegration } from '../src/kombo/schemas.ts';
import { endpointStates, owe } from '../src/store/endpoint-states.ts';
import { findIntegration, saveIntegration, type Integration } from '../src/store/integrations.ts';
import {
  confirmRemoval,
  forgetUnknown,
  noteUnknown,
  remove,
  revive,
  settleDeletion,
  unpark,
} from '../src/store/life.ts';
import type { ActivityDeps } from './deps.ts';
import { parkIntegration } from './park.ts';

const LOOK_UP_EVERY_MS = 24 * 60 * 60 * 1000;

export interface LookUpRequest {
  /** A webhook said that the integration itself changed. */
  refresh: boolean;
  /** A webhook told of its deletion. */
  deletedAt?: Date | undefined;
}

export interface LookedUp {
  integration: Integration;
  /** It is there (again) after it was not: everything is read, whatever was asked for. */
  revived: boolean;
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
  if (known && !needsLook(known, request.refresh)) {
    return known.status === 'removed' ? undefined : { integration: known, revived: false };
  }
  let found: KomboIntegration;
  try {
    found = await deps.kombo.getIntegration(integrationId);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    if (error.errorClass === 'IntegrationGone') return gone(deps, integrationId, known, deletedAt, error);
    // What is known is enough to go on with; the daily look can wait until Kombo answers.
    if (known && ['active', 'paused'].includes(known.status) && !request.refresh) {
      return { integration: known, revived: false };
    }
    if (error.errorClass === 'AccessDenied') throw waitForAccess(deps, error);
    throw error;
  }
  return settle(deps, known, { ...found, id: integrationId }, deletedAt);
}

function needsLook(known: Integration, refresh: boolean): boolean {
  if (refresh) return true;
  // Late deliveries about what was deleted cost nothing. A 404 may have been a mistake, as with a key of another environment.
  if (known.status === 'removed') return known.statusCode === REMOVED.unknown;
  const age = known.lookedUpAt ? Date.now() - known.lookedUpAt.getTime() : Number.POSITIVE_INFINITY;
  return known.status === 'parked' || known.dataExpiredAt !== null || age >= LOOK_UP_EVERY_MS;
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
    return undefined;
  }
  const integration = await saveIntegration(store, found);
  await forgetUnknown(store, found.id);
  if (deletedAt && isDeletionOf(deletedAt, found)) {
    await retire(deps, integration, { code: REMOVED.deleted, message: DELETED, at: deletedAt });
    return undefined;
  }
  if (known?.announcedDeletedAt) await settleDeletion(store, found.id, known.announcedDeletedAt);
  const back = known?.status === 'removed' ? await revive(store, found.id) : undefined;
  if (back) await deps.temporal.cancelErasure(found.id);
  await deps.temporal.ensureSchedules(integration);
  if (integration.status === 'paused') return { integration, revived: false };
  const parked = whyParked({ status: found.state, setupStatus: found.setupStatus });
  if (parked) {
    await parkIntegration(deps, back ?? integration, parked);
    // Somebody may have paused or removed it meanwhile, which outranks what Kombo says.
    const now = await findIntegration(store, found.id);
    return now && now.status !== 'removed' ? { integration: now, revived: false } : undefined;
  }
  const revived = back ?? (known?.status === 'parked' ? await unpark(store, found.id) : undefined);
  // While it could not be read, or its data were stale, anything may have changed without a trace.
  const refreshed = Boolean(known?.dataExpiredAt && !found.dataExpiredAt);
  if (revived || refreshed) await oweEverything(deps, integration);
  return { integration: revived ?? integration, revived: revived !== undefined };
}

async function gone(
  deps: ActivityDeps,
  integrationId: string,
  known: Integration | undefined,
  deletedAt: Date | undefined,
  { code, message }: SyncError,
): Promise<undefined> {
  if (!known) {
    await noteUnknown(deps.store, integrationId);
    deps.log.warn({ integrationId }, 'A webhook named an integration that Kombo does not know');
    return undefined;
  }
  const why = deletedAt
    ? { code: REMOVED.deleted, message: DELETED, at: deletedAt }
    : { code: code === 'IntegrationGone' ? REMOVED.unknown : code, message, at: new Date() };
  if (known.status === 'removed') {
    if (deletedAt) await confirmRemoval(deps.store, integrationId, why);
    return undefined;
  }
  await retire(deps, known, why);
  return undefined;
}

const DELETED = 'It was deleted in Kombo.';

/** Kombo does not have it any more: nothing is read or started for it, and its data are erased in time. */
export async function retire(
  deps: ActivityDeps,
  integration: Pick<Integration, 'id'>,
  why: { code: string; message: string; at: Date },
): Promise<void> {
  const { id } = integration;
  const removed = await remove(deps.store, id, why);
  if (removed) deps.log.info({ integrationId: id, code: why.code }, 'An integration is removed');
  await deps.temporal.cancelSyncs(id, Context.current().info.workflowExecution?.workflowId);
  await deps.temporal.deleteSchedules(id);
  await deps.temporal.planErasure(id, (await findIntegration(deps.store, id))?.removedAt ?? why.at);
}

async function oweEverything(deps: ActivityDeps, integration: Integration): Promise<void> {
  const states = await endpointStates(deps.store, integration.id);
  const read = enabledEndpoints(integration.category, deps.settings.EXTRA_ENDPOINTS)
    .map(({ path }) => path)
    .filter((path) => states.get(path)?.watermark);
  await owe(deps.store, integration.id, read, 'full');
}

const MAX_WAIT_MS = 15 * 60_000;

/** Nothing is known of the integration and Kombo refuses us: what was asked for waits in the run, since it has no other place. */
function waitForAccess(deps: ActivityDeps, { message, code }: SyncError): ApplicationFailure {
  const { attempt } = Context.current().info;
  if (attempt === 1) deps.log.error({ code }, `Kombo refuses every request. ${message}`);
  return ApplicationFailure.create({
    type: 'AccessDenied',
    message,
    details: [{ code }],
    nextRetryDelay: Math.min(MAX_WAIT_MS, attempt * deps.settings.RETRY_INTERVAL),
  });
}

function latest(a: Date | undefined, b: Date | null | undefined): Date | undefined {
  if (!a || !b) return a ?? b ?? undefined;
  return a > b ? a : b;
}
