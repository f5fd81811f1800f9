import { defined } from '../domain/defined.ts';
import { shellWord } from '../domain/text.ts';
import type { Config } from '../config.ts';
import type { Category } from '../domain/catalogue/index.ts';
import { NO_CHOICE, selectEndpoints, type Choice } from '../domain/choice.ts';
import { SyncError } from '../domain/errors.ts';
import { judgeSighting, REMOVED, type Parked } from '../domain/life.ts';
import { eraseWorkflowId } from '../domain/names.ts';
import type { Trigger } from '../domain/sync.ts';
import type { IntegrationChange } from '../domain/wanted.ts';
import { databaseTime } from '../store/database.ts';
import { readHistory } from '../store/state/endpoint-history.ts';
import { findIntegration, knownLife, type Integration } from '../store/state/integrations.ts';
import { noteSighting, pause, remove, resume } from '../store/state/life.ts';
import { forgetUnknown } from '../store/state/unknown-integrations.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import type { EnsureResult } from '../temporal/schedules.ts';
import { settleIntegration, type Settled } from '../temporal/settle.ts';
import { signalChanges, type StartedRun } from '../temporal/start.ts';
import { audited, permitted, type Act } from './audited.ts';
import type { LookUpDeps, OperationDeps } from './deps.ts';
import { erasureOf, type Erasure } from './erasure.ts';
import { conflict, notFound } from './errors.ts';
import { checkReason, removedConflict, requireIntegration } from './require.ts';
import { openRun, startFull, toStarted, type Reasoned, type StartedSync } from './syncs.ts';

export interface AddedIntegration {
  integration: Integration;
  /** Whether the id was not in the database, or was removed. */
  new: boolean;
  schedules: EnsureResult;
  /** The first full sync; null if you did not ask for it, it was done before, or it has to wait. */
  sync: StartedSync | null;
  /** Why Kombo cannot serve it now. */
  waiting: Parked | null;
}

/**
 * Adds an integration that Kombo knows. Repeated, it updates the integration, reads what is owed, and starts the first
 * full sync only if none has ever completed. One that cannot be read yet, for example because it is being set up, is
 * added too, and read as soon as possible. With `force`, earlier reports of its deletion (webhooks, a 404) no longer
 * count.
 *
 * @param pace returns the delay (milliseconds) of the first full sync, if one starts.
 */
export async function addIntegration(
  deps: LookUpDeps,
  id: string,
  options: { sync: boolean; force?: boolean },
  pace: () => number = () => 0,
): Promise<AddedIntegration> {
  const details = options.force ? options : { sync: options.sync };
  return audited(deps, { action: 'add', integrationId: id, details }, async () => {
    const { store, config } = deps;
    const before = await findIntegration(store, id);
    const found = await deps.kombo.getIntegration(id).catch((error: unknown) => {
      if (error instanceof SyncError && error.errorClass === 'IntegrationGone') {
        throw notFound(
          `Kombo does not know an integration ${id}. Check the id, and that KOMBO_API_KEY and KOMBO_API_URL are those of its environment and region.`,
        );
      }
      throw error;
    });
    const now = await databaseTime(store);
    const { force = false } = options;
    const judged = judgeSighting(before && knownLife(before), found, { byHand: true, force, now });
    if (judged.case !== 'there') {
      throw conflict(
        'removed',
        `${id} was deleted in Kombo: connect it again there. If it was not deleted, overrule that: kombo-sync integrations add ${shellWord(id)} --force`,
      );
    }
    const { revive, missed, parked: waiting = null } = judged;
    const { integration, revived } = await noteSighting(
      store,
      { ...found, id },
      {
        revive,
        unpark: force && judged.unpark,
        // An id that is added again after its removal begins without a choice.
        missed: missed ? endpointsOf(config, found.category, revive ? undefined : before) : [],
        voidUpTo: force ? now : undefined,
      },
    );
    await forgetUnknown(store, id);
    const { schedules } = await settle(deps, id);
    const { endpoints } = await readHistory(store, id, endpointsOf(config, found.category, integration));
    const states = [...endpoints.values()];
    const first = revived || states.every((state) => state.lastFull === null);
    const wanted = options.sync && integration.status !== 'paused';
    const isOwed = states.some(({ debts }) =>
      Object.values(debts).some(({ dueAt }) => dueAt === null || dueAt <= now),
    );
    // A parked integration that still cannot be read has its own timer for the next look-up.
    const wakes = wanted && (first || isOwed) && !(waiting && integration.status === 'parked');
    let sync: StartedSync | null = null;
    if (wanted && first && !waiting) {
      sync = await startFull(deps, integration, { trigger: 'initial', startDelayMs: pace() });
    } else if (wakes) {
      // The sync looks it up, parks it if necessary, and reads what is owed as soon as possible. An earlier call that
      // broke off may have noted these debts without starting a sync.
      await signalLife(deps, integration, 'created', first ? 'initial' : 'manual');
    }
    return { integration, new: before === undefined || revived, schedules, sync, waiting };
  });
}

/** Brings Temporal in line with the integration as it is now. */
function settle({ store, temporal, config, patience }: OperationDeps, id: string): Promise<Settled> {
  return settleIntegration({ store, lifecycle: createLifecycle(temporal.client, config, patience) }, id);
}

function endpointsOf(config: Config, category: Category, choice: Choice = NO_CHOICE): string[] {
  const { models, excludeModels } = choice;
  return selectEndpoints({ category, models, excludeModels }, config).read.map(({ path }) => path);
}

export interface RemovedIntegration {
  integration: Integration;
  /** False if it was removed before. */
  removed: boolean;
  cancelled: string[];
  /** When its data is erased; null if it is kept or already erased. */
  erasure: Erasure | null;
}

/**
 * Removes an integration: cancels its syncs, deletes its schedules, ignores its webhooks and erases its data in time.
 */
export async function removeIntegration(
  deps: OperationDeps,
  id: string,
  options: { erase: boolean },
): Promise<RemovedIntegration> {
  const act: Act = { action: 'remove', integrationId: id, details: options };
  await permitted(deps, act, () => requireIntegration(deps.store, id));
  return audited(deps, act, async () => {
    const { name } = deps.actor;
    const message = `Removed by ${name}. "kombo-sync integrations add ${shellWord(id)}" brings it back.`;
    const at = await databaseTime(deps.store);
    const removed = await remove(deps.store, id, { code: REMOVED.byHand, message, at });
    const { integration = await requireIntegration(deps.store, id), cancelled } = await settle(deps, id);
    const isRemoved = integration.status === 'removed';
    if (isRemoved && options.erase) {
      await createLifecycle(deps.temporal.client, deps.config).planErasure(id, 'now');
    }
    const now = { workflowId: eraseWorkflowId(id), at: new Date() };
    const erasure = options.erase ? now : erasureOf(integration, deps.config);
    return { integration, removed: removed !== undefined, cancelled, erasure: isRemoved ? erasure : null };
  });
}

export interface PausedIntegration {
  integration: Integration;
  /** False if it was paused before. */
  paused: boolean;
  cancelled: string[];
}

/**
 * Stops reading until you resume it. Webhooks are still accepted, and what they name is read after that. If it was
 * already paused, only the reason changes.
 */
export async function pauseIntegration(
  deps: OperationDeps,
  id: string,
  reason: string,
): Promise<PausedIntegration> {
  checkReason(reason);
  const act: Act = { action: 'pause', integrationId: id, details: { reason } };
  const before = await permitted(deps, act, () => requireIntegration(deps.store, id));
  return audited(deps, act, async () => {
    const integration = await pause(deps.store, id, reason.trim());
    if (!integration) throw conflict('removed', `${id} is removed; there is nothing to pause.`);
    const { cancelled } = await settle(deps, id);
    return { integration, paused: before.status !== 'paused', cancelled };
  });
}

export interface ResumedIntegration {
  integration: Integration;
  /** False if it was not paused. */
  resumed: boolean;
  /** The sync that reads what was missed; null if it was not paused. */
  sync: StartedSync | null;
}

/**
 * Resumes a paused integration and reads what was missed. An active one gets the signal too, because an earlier call
 * may have broken off before sending it. If nothing was missed, nothing is read.
 */
export async function resumeIntegration(
  deps: OperationDeps,
  id: string,
  { reason }: Reasoned = {},
): Promise<ResumedIntegration> {
  if (reason !== undefined) checkReason(reason);
  const act: Act = { action: 'resume', integrationId: id, details: defined({ reason: reason?.trim() }) };
  await permitted(deps, act, async () => {
    const integration = await requireIntegration(deps.store, id);
    if (integration.status === 'removed') throw removedConflict(integration);
  });
  return audited(deps, act, async () => {
    const before = await openRun(deps, id);
    const resumed = await resume(deps.store, id);
    await settle(deps, id);
    const integration = resumed ?? (await requireIntegration(deps.store, id));
    const isActive = integration.status === 'active';
    const run = isActive ? await signalLife(deps, integration, 'resumed', 'manual') : undefined;
    const sync = resumed && run ? toStarted(deps, id, run, before) : null;
    return { integration, resumed: resumed !== undefined, sync };
  });
}

/** Makes the sync look the integration up at Kombo, and read what that makes due. */
async function signalLife(
  { temporal, config }: OperationDeps,
  { id, tool, category }: Pick<Integration, 'id' | 'tool' | 'category'>,
  event: IntegrationChange['event'],
  trigger: Trigger,
): Promise<StartedRun> {
  return signalChanges(temporal.client, config, {
    integrationId: id,
    models: [],
    change: { event },
    trigger,
    tool,
    category,
  });
}
