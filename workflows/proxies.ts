import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { fairnessKey } from '../src/domain/names.ts';
import {
  ACTIVITY_RETRY,
  ACTIVITY_TIMEOUT_MS,
  HEARTBEAT_TIMEOUT_MS,
  NOTIFY_RETRY,
  NOTIFY_TIMEOUT_MS,
} from '../src/domain/retry.ts';
import type { Trigger } from '../src/domain/sync.ts';
import type { DebtKind } from '../src/domain/reads.ts';

/**
 * What Kombo answers is a result, so what fails an activity is the database or a lost worker: it is tried again until it
 * works. The heartbeat timeout bounds how long a killed worker holds anything (invariant I26), and start-to-close is far
 * above the time box of an activity.
 */
const lasting = {
  startToCloseTimeout: ACTIVITY_TIMEOUT_MS,
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  retry: ACTIVITY_RETRY,
};

export const { startSync, lookUpIntegration, syncEndpoint, keepForLater, eraseIntegration, noteIssue } =
  proxyActivities<Activities>(lasting);

/** Old history is a matter of disk space. */
export const { tidyUp } = proxyActivities<Activities>({
  ...lasting,
  retry: { ...ACTIVITY_RETRY, maximumAttempts: 3 },
});

/** A receiver that is down is tried until it is there again: meanwhile no second notification waits for it. */
export const { sendNotification } = proxyActivities<Activities>({
  startToCloseTimeout: NOTIFY_TIMEOUT_MS,
  retry: NOTIFY_RETRY,
});

/** A test says at once what is wrong. */
export const { sendNotification: sendTest } = proxyActivities<Activities>({
  startToCloseTimeout: NOTIFY_TIMEOUT_MS,
  retry: { maximumAttempts: 1 },
});

/** News overtakes full passes in the task queue, and no integration starves another one. */
const PRIORITY: Record<DebtKind, number> = { 'look-up': 2, delta: 2, full: 4, sweep: 4 };
/** What looks without news. */
const CATCH_UP_PRIORITY = 3;

/** Options of one call: what the UI shows for it, and its place in the queue. */
export function callOptions(
  kind: DebtKind,
  { integrationId, trigger }: { integrationId: string; trigger: Trigger },
  summary: string,
) {
  const priorityKey = Math.max(PRIORITY[kind], trigger === 'catch-up' ? CATCH_UP_PRIORITY : 0);
  return { summary, priority: { priorityKey, fairnessKey: fairnessKey(integrationId) } };
}
