import { enabledEndpoints, isOffered } from '../../src/domain/catalogue/index.ts';
import { isSaidByReads, SAID_WHEN_ASKED } from '../../src/domain/life.ts';
import { owe } from '../../src/store/debts.ts';
import { findIntegration } from '../../src/store/integrations.ts';
import { unpark } from '../../src/store/life.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * A page was read. Where every endpoint had refused that, the integration can be read again; and since what has happened
 * meanwhile may have left no trace, everything is owed in full since then. What Kombo says when it is asked is not ended by
 * a read.
 *
 * @returns whether something is owed by this.
 */
export async function unparkByRead(deps: ActivityDeps, integrationId: string): Promise<boolean> {
  const { store, settings } = deps;
  const integration = await findIntegration(store, integrationId);
  if (integration?.status !== 'parked' || !isSaidByReads(integration.statusCode)) return false;
  const { category, unavailableModels, statusSince } = integration;
  const offered = enabledEndpoints(category, settings.EXTRA_ENDPOINTS).filter((endpoint) =>
    isOffered(endpoint, unavailableModels),
  );
  // Before the status, so that a process that dies between the two leaves nothing unread.
  await owe(
    store,
    integrationId,
    offered.map(({ path }) => ({ endpoint: path, kind: 'full' })),
    statusSince,
  );
  return (await unpark(store, integrationId, SAID_WHEN_ASKED)) !== undefined;
}
