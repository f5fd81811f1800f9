import { SyncError } from '../src/domain/errors.ts';
import { enabledEndpoints } from '../src/domain/catalogue/index.ts';
import { owe } from '../src/store/endpoint-states.ts';
import {
  findIntegration,
  saveIntegration,
  setIntegrationStatus,
  type Integration,
} from '../src/store/integrations.ts';
import type { ActivityDeps } from './deps.ts';

const LOOK_UP_EVERY_MS = 24 * 60 * 60 * 1000;

/**
 * The integration as it is known, looked up at Kombo when it is new, when a webhook said that it changed, or once a day.
 * A data-changed may come before integration-created does, so an unknown integration is never an error.
 *
 * @returns undefined when Kombo does not know it (any more); it counts as removed then, and its schedules are gone.
 */
export async function lookUp(
  deps: ActivityDeps,
  integrationId: string,
  refresh: boolean,
): Promise<{ integration: Integration; revived: boolean } | undefined> {
  const known = await findIntegration(deps.store, integrationId);
  if (known?.status === 'removed' && known.lookedUpAt && !refresh) return undefined;
  const age = known?.lookedUpAt ? Date.now() - known.lookedUpAt.getTime() : Number.POSITIVE_INFINITY;
  if (known && !refresh && age < LOOK_UP_EVERY_MS) return { integration: known, revived: false };
  try {
    const found = await deps.kombo.getIntegration(integrationId);
    const integration = await saveIntegration(deps.store, { ...found, id: integrationId });
    if (integration.status === 'active' || integration.status === 'parked')
      await deps.schedules.ensure(integration);
    await readAgainIfExpired(deps, known, integration);
    return { integration, revived: known?.status === 'removed' || known?.status === 'parked' };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    if (error.errorClass === 'IntegrationGone') {
      await remove(deps, integrationId, error);
      return undefined;
    }
    // What is known is enough to go on with; the daily look can wait until Kombo answers.
    if (known && !refresh) return { integration: known, revived: false };
    throw error;
  }
}

export async function remove(
  deps: ActivityDeps,
  integrationId: string,
  reason: { code: string; message: string },
): Promise<void> {
  await setIntegrationStatus(deps.store, integrationId, 'removed', reason);
  await deps.schedules.remove(integrationId);
}

/** While data_expired_at is set Kombo's data is stale; when it clears, everything may have changed without a trace. */
async function readAgainIfExpired(
  deps: ActivityDeps,
  before: Integration | undefined,
  now: Integration,
): Promise<void> {
  if (!before?.dataExpiredAt || now.dataExpiredAt) return;
  const endpoints = enabledEndpoints(now.category, deps.settings.EXTRA_ENDPOINTS).map(({ path }) => path);
  await owe(deps.store, now.id, endpoints, 'full');
}
