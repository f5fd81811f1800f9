import type { Parked } from '../src/domain/life.ts';
import { planRetry } from '../src/domain/retry.ts';
import { park } from '../src/store/life.ts';
import type { Integration } from '../src/store/integrations.ts';
import { retryOptions, type ActivityDeps } from './deps.ts';

/**
 * Parks an integration, or leaves it parked, and plans the next look at it: a webhook may get lost. What needs a person is
 * left to the catch-up. Undefined when it is paused or removed meanwhile.
 */
export async function parkIntegration(
  deps: ActivityDeps,
  integration: Pick<Integration, 'id' | 'status' | 'statusCode' | 'statusSince' | 'failures' | 'retryAt'>,
  why: Parked,
): Promise<Integration | undefined> {
  const { id, status, statusCode, statusSince, retryAt } = integration;
  const again = status === 'parked' && statusCode === why.code;
  const now = new Date();
  // Webhooks make us look more often than was planned, which says nothing about how long it will last.
  const early = again && retryAt !== null && retryAt > now;
  const failures = (again ? integration.failures : 0) + (early ? 0 : 1);
  const history = { failures, failingSince: again ? statusSince : now, now, final: why.needsPerson, key: id };
  const retry = planRetry(history, retryOptions(deps.settings));
  if (!again)
    deps.log.warn({ integrationId: id, code: why.code }, `The integration is parked. ${why.message}`);
  return park(deps.store, id, {
    ...why,
    needsPerson: retry.needsPerson,
    failures,
    retryAt: early ? retryAt : retry.dueAt,
  });
}
