import type { Parked } from '../../src/domain/life.ts';
import { planRetry } from '../../src/domain/retry.ts';
import { databaseTime } from '../../src/store/database.ts';
import type { Integration } from '../../src/store/state/integrations.ts';
import { park } from '../../src/store/state/life.ts';
import { retryOptions, type ActivityDeps } from './deps.ts';

/**
 * Parks an integration, or keeps it parked, and plans the next look-up, because a webhook may be lost. If it needs
 * attention, only the catch-up looks it up. Undefined if it was paused or removed meanwhile.
 */
export async function parkIntegration(
  deps: ActivityDeps,
  integration: Pick<Integration, 'id' | 'status' | 'statusCode' | 'statusSince'>,
  why: Parked,
): Promise<Integration | undefined> {
  const { id, status, statusCode, statusSince } = integration;
  const again = status === 'parked' && statusCode === why.code;
  const failingMs = again ? (await databaseTime(deps.store)).getTime() - statusSince.getTime() : 0;
  const retry = planRetry(
    { errorClass: 'IntegrationParked', failingMs, key: id },
    retryOptions(deps.settings),
  );
  if (!again) {
    deps.log.warn({ integrationId: id, code: why.code }, `The integration is parked. ${why.message}`);
  }
  const needsAttention = why.needsAttention || retry.needsAttention;
  return park(deps.store, id, { ...why, needsAttention, retryInMs: needsAttention ? null : retry.pauseMs });
}
