import type { Parked } from '../src/domain/life.ts';
import { planRetry } from '../src/domain/retry.ts';
import { park } from '../src/store/life.ts';
import type { Integration } from '../src/store/integrations.ts';
import { retryOptions, type ActivityDeps } from './deps.ts';

/**
 * Parks an integration, or leaves it parked, and plans the next look at it: a webhook may get lost. What needs a person is
 * left to the catch-up. Nothing changes when it is paused or removed meanwhile.
 */
export async function parkIntegration(
  deps: ActivityDeps,
  integration: Pick<Integration, 'id' | 'status' | 'statusCode' | 'statusSince' | 'failures'>,
  why: Parked,
): Promise<void> {
  const { id, status, statusCode, statusSince } = integration;
  const again = status === 'parked';
  const now = new Date();
  const failures = (again ? integration.failures : 0) + 1;
  const history = { failures, failingSince: again ? statusSince : now, now, final: why.needsPerson, key: id };
  const retry = planRetry(history, retryOptions(deps.settings));
  if (!again || statusCode !== why.code) {
    deps.log.warn({ integrationId: id, code: why.code }, `The integration is parked. ${why.message}`);
  }
  await park(deps.store, id, {
    ...why,
    needsPerson: retry.needsPerson,
    failures,
    retryAt: retry.dueAt,
  });
}
