import { isOffered } from '../../src/domain/catalogue/index.ts';
import { selectEndpoints } from '../../src/domain/choice.ts';
import { isSaidByReads, SAID_WHEN_ASKED } from '../../src/domain/life.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { unparkByRead } from '../../src/store/state/life.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * A page was read. If the integration was parked because every endpoint refused to be read, it can be read again. A
 * read does not end a parking that a look-up caused.
 *
 * @returns whether this has made a read owed.
 */
export async function unparkAfterPage(deps: ActivityDeps, integrationId: string): Promise<boolean> {
  const { store, settings } = deps;
  const integration = await findIntegration(store, integrationId);
  if (integration?.status !== 'parked' || !isSaidByReads(integration.statusCode)) return false;
  const endpoints = selectEndpoints(integration, settings)
    .read.filter((endpoint) => isOffered(endpoint, integration.unavailableModels))
    .map(({ path }) => path);
  return unparkByRead(store, integrationId, { unless: SAID_WHEN_ASKED, endpoints });
}
