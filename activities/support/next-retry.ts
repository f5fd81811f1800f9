import { nextRetryMs, type RetryQuery } from '../../src/store/state/due.ts';
import type { ActivityDeps } from './deps.ts';

/** Milliseconds until a timer should try a failed read; null if no timer is needed. */
export async function nextRetry(
  { store, settings }: ActivityDeps,
  integrationId: string,
  query: Omit<RetryQuery, 'settings'> = {},
): Promise<number | null> {
  return nextRetryMs(store, integrationId, { ...query, settings });
}
