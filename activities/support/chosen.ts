import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { leftOutBy, notChosenReason } from '../../src/domain/choice.ts';
import type { Reason } from '../../src/domain/reads.ts';
import { endReadsOf } from '../../src/store/state/choice.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import type { ActivityDeps } from './deps.ts';

/** Why `openPass` opened no pass: the choice has just been changed and leaves the endpoint out. */
export function leftOutReason({
  integrationId,
  endpoint,
}: {
  integrationId: string;
  endpoint: string;
}): Reason {
  return notChosenReason(getEndpoint(endpoint), 'integration', integrationId);
}

/**
 * Why Kombo is not asked for an endpoint, by the settings of this worker and the integration's present choice;
 * undefined if it is chosen. Reads of the endpoint under way are ended.
 */
export async function whyNotChosen(
  deps: ActivityDeps,
  integrationId: string,
  path: string,
): Promise<Reason | undefined> {
  const integration = await findIntegration(deps.store, integrationId);
  const endpoint = getEndpoint(path);
  const by = integration && leftOutBy(endpoint, integration, deps.settings);
  if (!by) return undefined;
  const reason = notChosenReason(endpoint, by, integrationId);
  await endReadsOf(deps.store, integrationId, path, reason);
  return reason;
}
