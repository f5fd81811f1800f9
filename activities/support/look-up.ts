import { NO_CHOICE, selectEndpoints, type Choice } from '../../src/domain/choice.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { judgeSighting, REMOVED, type Parked } from '../../src/domain/life.ts';
import type { Reason } from '../../src/domain/reads.ts';
import type { KomboIntegration } from '../../src/kombo/schemas.ts';
import { databaseTime } from '../../src/store/database.ts';
import { announceDeletion } from '../../src/store/state/deletions.ts';
import { payLookUp } from '../../src/store/state/debts.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import { findIntegration, knownLife, type Integration } from '../../src/store/state/integrations.ts';
import { confirmRemoval, noteLook, noteSighting, remove } from '../../src/store/state/life.ts';
import { forgetUnknown, noteUnknown } from '../../src/store/state/unknown-integrations.ts';
import type { ActivityDeps } from './deps.ts';
import { infrastructureOutage, sayOutage } from './failures.ts';
import { parkIntegration } from './park.ts';
import { removalText } from './unread.ts';

export interface LookUpRequest {
  integrationId: string;
  /** When it was deleted, if a webhook reported that. */
  deletedAt?: Date | undefined;
  /** Whether a webhook named it; otherwise you or a schedule asked. */
  named: boolean;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The outcome of a look-up. */
export type LookedUp =
  /** It can be read, unless it is paused here. `missed`: everything is owed in full. */
  | { state: 'there'; integration: Integration; missed: boolean }
  | { state: 'parked'; integration: Integration }
  | { state: 'gone'; reason: Reason }
  /** Kombo did not answer. */
  | { state: 'unanswered'; error: SyncError; askedSeq: number };

/**
 * Asks Kombo about an integration, and updates Postgres with the answer. Webhooks may arrive in any order, twice or
 * never: each only makes us ask, and Kombo's answer counts (invariant I21).
 */
export async function lookUp(deps: ActivityDeps, request: LookUpRequest): Promise<LookedUp> {
  const { integrationId: id, timeoutMs, signal } = request;
  const known = await findIntegration(deps.store, id);
  const deletedAt = latest(request.deletedAt, known?.announcedDeletedAt);
  let askedSeq = await drawObservation(deps.store);
  let looked: LookedUp;
  try {
    using admitted = await deps.budget.admit({
      integrationId: id,
      kind: 'look-up',
      urgent: true,
      patienceMs: timeoutMs,
      signal,
    });
    if (admitted.waited) askedSeq = await drawObservation(deps.store);
    const found = await deps.kombo.getIntegration(id, { timeoutMs, signal });
    looked = await settle(deps, known, { ...found, id }, deletedAt);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    if (error.errorClass !== 'IntegrationGone') return { state: 'unanswered', error, askedSeq };
    looked = await settleGone(deps, known, request, deletedAt, error);
  }
  await payLookUp(deps.store, id, askedSeq);
  return looked;
}

/** Kombo returned it: updates Postgres with that. */
async function settle(
  deps: ActivityDeps,
  known: Integration | undefined,
  found: KomboIntegration & { id: string },
  deletedAt: Date | undefined,
): Promise<LookedUp> {
  const { store } = deps;
  const { id } = found;
  const now = await databaseTime(store);
  const judged = judgeSighting(known && knownLife(known), found, { deletedAt, now });
  switch (judged.case) {
    case 'still-removed':
      await noteLook(store, id);
      return gone(id, known && removalText(known));
    case 'deleted':
      await noteSighting(store, found, { revive: false, unpark: false, missed: [] });
      await forgetUnknown(store, id);
      await retire(deps, id, { code: REMOVED.deleted, message: DELETED, at: judged.at });
      return gone(id, DELETED);
    case 'doubted': {
      const { integration } = await noteSighting(store, found, { revive: false, unpark: false, missed: [] });
      await announceDeletion(store, id, deletedAt!);
      await forgetUnknown(store, id);
      if (integration.status !== 'paused') return keepParked(deps, integration, judged.parked);
      return { state: 'there', integration, missed: false };
    }
    case 'there': {
      const { revive, keepPause, unpark, missed, onlyRefused, parked } = judged;
      const { integration } = await noteSighting(store, found, {
        revive,
        keepPause,
        unpark,
        // An id that is connected again begins without a choice.
        missed: missed ? endpointsOf(deps, found, revive && !keepPause ? undefined : known) : [],
        missedSince: onlyRefused ? known?.statusSince : undefined,
        voidUpTo: deletedAt,
      });
      await forgetUnknown(store, id);
      if (parked && integration.status !== 'paused') return keepParked(deps, integration, parked);
      return { state: 'there', integration, missed };
    }
  }
}

async function keepParked(deps: ActivityDeps, integration: Integration, why: Parked): Promise<LookedUp> {
  // Undefined if it has just been paused or removed.
  const now =
    (await parkIntegration(deps, integration, why)) ?? (await findIntegration(deps.store, integration.id));
  if (now === undefined || now.status === 'removed') return gone(integration.id, now && removalText(now));
  return now.status === 'parked'
    ? { state: 'parked', integration: now }
    : { state: 'there', integration: now, missed: false };
}

/** Kombo does not know it, or no longer. */
async function settleGone(
  deps: ActivityDeps,
  known: Integration | undefined,
  { integrationId: id, named }: LookUpRequest,
  deletedAt: Date | undefined,
  { code, what }: SyncError,
): Promise<LookedUp> {
  if (!known) {
    if (named) await noteUnknown(deps.store, id);
    const who = named ? 'A webhook named' : 'A sync was started for';
    deps.log.warn({ integrationId: id }, `${who} an integration that Kombo does not know`);
    return gone(id, `Kombo does not know ${id}; nothing is read for it.`);
  }
  if (deletedAt) {
    const at = latest(deletedAt, known.createdAt)!;
    await retire(deps, id, { code: REMOVED.deleted, message: DELETED, at });
    return gone(id, DELETED);
  }
  if (known.status !== 'removed') {
    const why = code === 'IntegrationGone' ? REMOVED.unknown : code;
    await retire(deps, id, { code: why, message: what, at: await databaseTime(deps.store) });
    return gone(id, what);
  }
  await noteLook(deps.store, id);
  return gone(id, removalText(known));
}

const DELETED = 'It was deleted in Kombo.';

function gone(id: string, message: string | null | undefined): LookedUp {
  return { state: 'gone', reason: { code: 'IntegrationGone', message: message ?? `${id} is removed.` } };
}

/** Kombo no longer has it: nothing is read or started for it, and its data is erased in time. */
async function retire(
  deps: ActivityDeps,
  id: string,
  why: { code: string; message: string; at: Date },
): Promise<void> {
  const removed = await remove(deps.store, id, why);
  if (removed) deps.log.info({ integrationId: id, code: why.code }, 'An integration is removed');
  else if (why.code === REMOVED.deleted) await confirmRemoval(deps.store, id, why);
}

/**
 * Makes Temporal match the status of an integration, if that is due. The run that asks is left out: it is not cancelled
 * when its integration is gone. If Temporal is away, this stays due for the workers, and reads do not wait for it.
 */
export async function settleTemporal(
  deps: ActivityDeps,
  id: string,
  workflowId: string | undefined,
): Promise<void> {
  const integration = await findIntegration(deps.store, id);
  if (!integration?.temporalDueAt) return;
  try {
    await deps.temporal.settle(id, workflowId);
  } catch (error) {
    const outage = infrastructureOutage(error);
    if (!outage) throw error;
    deps.log.warn(
      { integrationId: id },
      `Temporal does not match the status yet; a worker tries again. ${sayOutage(outage)}`,
    );
  }
}

function endpointsOf(
  deps: ActivityDeps,
  { category }: Pick<Integration, 'category'>,
  choice: Choice = NO_CHOICE,
): string[] {
  const { models, excludeModels } = choice;
  return selectEndpoints({ category, models, excludeModels }, deps.settings).read.map(({ path }) => path);
}

function latest(a: Date | undefined, b: Date | null | undefined): Date | undefined {
  if (!a || !b) return a ?? b ?? undefined;
  return a > b ? a : b;
}
