import { SyncError } from '../domain/errors.ts';
import { endpointStates } from '../store/endpoint-states.ts';
import { findIntegration, saveIntegration, type Integration } from '../store/integrations.ts';
import { ensureSchedules } from '../temporal/schedules.ts';
import { notFound } from './errors.ts';
import { startFull, type StartedSync } from './full-sync.ts';
import type { Context } from './run.ts';

export interface AddedIntegration {
  integration: Integration;
  /** Whether it was unknown or removed before. */
  new: boolean;
  schedules: 'created' | 'updated' | 'unchanged';
  /** The first full sync; null when none was wanted or it has been done before. */
  sync: StartedSync | null;
}

/**
 * Adds an integration that Kombo knows. Doing it again brings it up to date, and starts the first full sync only if none
 * has ever completed.
 */
export async function addIntegration(context: Context, id: string, sync: boolean): Promise<AddedIntegration> {
  const [store, kombo] = await Promise.all([context.store(), context.kombo()]);
  const before = await findIntegration(store, id);
  const found = await kombo.getIntegration(id).catch((error: unknown) => {
    if (error instanceof SyncError && error.errorClass === 'IntegrationGone') {
      throw notFound(
        `Kombo does not know an integration ${id}. Check the id, and that KOMBO_API_KEY and KOMBO_API_URL are those of its environment and region.`,
      );
    }
    throw error;
  });
  const { client } = await context.temporal();
  const integration = await saveIntegration(store, { ...found, id });
  const schedules = await ensureSchedules(client, context.config, integration);
  const states = await endpointStates(store, id);
  const wanted = sync && [...states.values()].every((state) => state.lastFull === null);
  return {
    integration,
    new: before === undefined || before.status === 'removed',
    schedules,
    sync: wanted ? await startFull(context, integration, { trigger: 'initial' }) : null,
  };
}
