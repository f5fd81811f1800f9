import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { fairnessKey, fullSyncQueue } from '../src/domain/names.ts';
import {
  ACTIVITY_RETRY,
  ACTIVITY_TIMEOUT_MS,
  HEARTBEAT_TIMEOUT_MS,
  NOTIFY_RETRY,
  NOTIFY_TIMEOUT_MS,
} from '../src/domain/retry.ts';
import type { Trigger } from '../src/domain/sync.ts';
import { isBulk, type DebtKind, type PassKind, type PlannedPass } from '../src/domain/reads.ts';

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
/** For reads that no news asked for. */
const CATCH_UP_PRIORITY = 3;
/** A full sync begins when those that have begun leave room, so that a thousand of them do not all stay half done. */
const FULL_START_PRIORITY = 5;

interface Caller {
  integrationId: string;
  trigger: Trigger;
}

/** Options of a read: what the UI shows for it, and its place in the queues. */
export function readOptions(pass: PlannedPass, { integrationId, trigger }: Caller) {
  const { endpoint, kind } = pass;
  const priorityKey = Math.max(PRIORITY[kind], trigger === 'catch-up' ? CATCH_UP_PRIORITY : 0);
  const queue = isBulk(pass) ? fullQueue() : {};
  const summary = `${kind} ${endpoint}`;
  return { summary, ...queue, priority: { priorityKey, fairnessKey: fairnessKey(integrationId) } };
}

/** Options of the start of a sync. */
export function startOptions(kind: PassKind, { integrationId, trigger }: Caller) {
  const summary = 'start';
  const key = fairnessKey(integrationId);
  if (kind === 'full') {
    return { summary, ...fullQueue(), priority: { priorityKey: FULL_START_PRIORITY, fairnessKey: key } };
  }
  const priorityKey = trigger === 'catch-up' ? CATCH_UP_PRIORITY : PRIORITY.delta;
  return { summary, priority: { priorityKey, fairnessKey: key } };
}

export const fullQueue = () => ({ taskQueue: fullSyncQueue(workflowInfo().taskQueue) });
