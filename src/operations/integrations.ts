import { SyncError } from '../domain/errors.ts';
import { isDeletionOf, REMOVED } from '../domain/life.ts';
import { endpointStates } from '../store/endpoint-states.ts';
import { findIntegration, saveIntegration, type Integration } from '../store/integrations.ts';
import { forgetUnknown, pause, remove, resume, revive } from '../store/life.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import type { EnsureResult } from '../temporal/schedules.ts';
import { signalChanges } from '../temporal/start.ts';
import { audited } from './audited.ts';
import type { LookUpDeps, OperationDeps } from './deps.ts';
import { conflict, invalid, notFound } from './errors.ts';
import { requireIntegration } from './require.ts';
import { startFull, type StartedSync } from './syncs.ts';

export interface AddedIntegration {
  integration: Integration;
  /** Whether it was unknown or removed before. */
  new: boolean;
  schedules: EnsureResult;
  /** The first full sync; null when none was wanted, or it has been done before. */
  sync: StartedSync | null;
}

/**
 * Adds an integration that Kombo knows. Doing it again brings it up to date, and starts the first full sync only if none
 * has ever completed. One that is still being set up is added too, and read as soon as that is over.
 */
export async function addIntegration(
  deps: LookUpDeps,
  id: string,
  options: { sync: boolean },
): Promise<AddedIntegration> {
  return audited(deps, { action: 'add', integrationId: id, details: options }, async () => {
    const { store, config } = deps;
    const lifecycle = createLifecycle(deps.temporal.client, config);
    const before = await findIntegration(store, id);
    const found = await deps.kombo.getIntegration(id).catch((error: unknown) => {
      if (error instanceof SyncError && error.errorClass === 'IntegrationGone') {
        throw notFound(
          `Kombo does not know an integration ${id}. Check the id, and that KOMBO_API_KEY and KOMBO_API_URL are those of its environment and region.`,
        );
      }
      throw error;
    });
    const { removedAt, statusCode } = before ?? {};
    if (removedAt && statusCode === REMOVED.deleted && isDeletionOf(removedAt, found)) {
      throw conflict(
        'removed',
        `${id} was deleted in Kombo, which cannot be undone; connect it again there.`,
      );
    }
    await saveIntegration(store, { ...found, id });
    await forgetUnknown(store, id);
    const revived = await revive(store, id);
    if (revived) await lifecycle.cancelErasure(id);
    const integration = (await findIntegration(store, id))!;
    const schedules = await lifecycle.ensureSchedules(integration);
    const states = await endpointStates(store, id);
    const unread = [...states.values()].every((state) => state.lastFull === null);
    const wanted = options.sync && (unread || revived !== undefined) && integration.status !== 'paused';
    return {
      integration,
      new: before === undefined || revived !== undefined,
      schedules,
      sync: wanted ? await startFull(deps, integration, { trigger: 'initial' }) : null,
    };
  });
}

/** Stops reading an integration here, for good: syncs are cancelled, schedules deleted, webhooks ignored, data erased in time. */
export async function removeIntegration(
  deps: OperationDeps,
  id: string,
  options: { erase: boolean },
): Promise<{ integration: Integration; cancelled: string[] }> {
  await requireIntegration(deps.store, id);
  return audited(deps, { action: 'remove', integrationId: id, details: options }, async () => {
    const lifecycle = createLifecycle(deps.temporal.client, deps.config);
    const { name } = deps.actor;
    const message = `Removed by ${name}. "kombo-sync integrations add ${id}" brings it back.`;
    await remove(deps.store, id, { code: REMOVED.byHand, message, at: new Date() });
    const cancelled = await lifecycle.cancelSyncs(id);
    await lifecycle.deleteSchedules(id);
    const integration = await requireIntegration(deps.store, id);
    await lifecycle.planErasure(id, options.erase ? 'now' : (integration.removedAt ?? new Date()));
    return { integration, cancelled };
  });
}

/** Stops reading until somebody resumes it. Webhooks are accepted meanwhile, and what they name is read then. */
export async function pauseIntegration(
  deps: OperationDeps,
  id: string,
  reason: string,
): Promise<{ integration: Integration; cancelled: string[] }> {
  if (reason.trim() === '') throw invalid('Say why it is paused, for those who find it so.');
  await requireIntegration(deps.store, id);
  return audited(deps, { action: 'pause', integrationId: id, details: { reason } }, async () => {
    const lifecycle = createLifecycle(deps.temporal.client, deps.config);
    const integration = await pause(deps.store, id, reason.trim());
    if (!integration) throw conflict('removed', `${id} is removed; there is nothing to pause.`);
    await lifecycle.pauseSchedules(id, reason.trim());
    // After the status, so that a sync which begins meanwhile finds it paused.
    return { integration, cancelled: await lifecycle.cancelSyncs(id) };
  });
}

/** Goes on with a paused integration, beginning with what was missed. One that is not paused is left as it is. */
export async function resumeIntegration(
  deps: OperationDeps,
  id: string,
): Promise<{ integration: Integration; resumed: boolean }> {
  const before = await requireIntegration(deps.store, id);
  if (before.status === 'removed')
    throw conflict('removed', `${id} is removed: ${before.statusReason ?? ''}`);
  return audited(deps, { action: 'resume', integrationId: id }, async () => {
    const { client } = deps.temporal;
    const lifecycle = createLifecycle(client, deps.config);
    const resumed = await resume(deps.store, id);
    await lifecycle.resumeSchedules(id);
    if (resumed) {
      const { tool, category } = resumed;
      await signalChanges(client, deps.config, {
        integrationId: id,
        models: [],
        event: 'resumed',
        trigger: 'manual',
        tool,
        category,
      });
    }
    return { integration: resumed ?? before, resumed: resumed !== undefined };
  });
}
