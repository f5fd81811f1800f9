import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { fairnessKey } from '../src/domain/names.ts';
import type { PassKind } from '../src/domain/sync.ts';

/** The database may be away for a while: short calls are repeated until it is back. */
const patient = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' } as const;

export const { planSync, recordFailures } = proxyActivities<Activities>({
  startToCloseTimeout: '2m',
  retry: patient,
});

export const { tidyUp } = proxyActivities<Activities>({
  startToCloseTimeout: '10m',
  retry: { ...patient, maximumAttempts: 3 },
});

/**
 * The long calls. Start-to-close is far above the time box of a chunk, schedule-to-close is how long a call waits for a
 * worker. A source that is down is tried for a minute or so here, so that no endpoint holds up the others of its sync;
 * after that the failure is written down and tried again later. The heartbeat timeout bounds how long a killed worker
 * holds its pass.
 */
const reading = proxyActivities<Activities>({
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 6 },
});

/** Erasing is many small steps that may take long altogether. */
export const { eraseIntegration } = proxyActivities<Activities>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '1m',
  retry: { ...patient, maximumInterval: '5m' },
});

/** Deltas overtake full passes in the task queue, and no integration starves another one. */
const PRIORITY: Record<PassKind, number> = { delta: 2, full: 4 };

export const { syncEndpoint, sweepEndpoint } = reading;

/** Options of one call: what the UI shows for it, and its place in the queue. */
export function callOptions(kind: PassKind, integrationId: string, summary: string) {
  return { summary, priority: { priorityKey: PRIORITY[kind], fairnessKey: fairnessKey(integrationId) } };
}
