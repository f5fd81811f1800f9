import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { fairnessKey } from '../src/domain/names.ts';
import { ACTIVITY_RETRY, ACTIVITY_TIMEOUT_MS, HEARTBEAT_TIMEOUT_MS } from '../src/domain/retry.ts';
import type { Trigger } from '../src/domain/sync.ts';
import type { DebtKind } from '../src/domain/reads.ts';

/**
 * Every answer of Kombo is a result, so only the database or a lost worker fails an activity: Temporal tries it again
 * until it works. The heartbeat timeout bounds how long a killed worker holds anything (invariant I26), and
 * start-to-close is far above the time box of an activity.
 */
const lasting = {
  startToCloseTimeout: ACTIVITY_TIMEOUT_MS,
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  retry: ACTIVITY_RETRY,
};

export const { startSync, lookUpIntegration, syncEndpoint, keepForLater, eraseIntegration, noteIssue } =
  proxyActivities<Activities>(lasting);

/** Old history only costs disk space. */
export const { tidyUp } = proxyActivities<Activities>({
  ...lasting,
  retry: { ...ACTIVITY_RETRY, maximumAttempts: 3 },
});

/** News overtakes full passes in the task queue, and no integration starves another. */
const PRIORITY: Record<DebtKind, number> = { 'look-up': 2, delta: 2, full: 4, sweep: 4 };
/** For reads that no news asked for. */
const CATCH_UP_PRIORITY = 3;

/** Options of one call: its text in the UI, and its place in the queue. */
export function callOptions(
  kind: DebtKind,
  { integrationId, trigger }: { integrationId: string; trigger: Trigger },
  summary: string,
) {
  const priorityKey = Math.max(PRIORITY[kind], trigger === 'catch-up' ? CATCH_UP_PRIORITY : 0);
  return { summary, priority: { priorityKey, fairnessKey: fairnessKey(integrationId) } };
}
