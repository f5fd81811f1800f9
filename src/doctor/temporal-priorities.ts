import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TemporalHandle } from '../temporal/connect.ts';
import { ok, warn, type Check } from './check.ts';

/** A workflow task. */
const WORKFLOWS = 1;
/** The most urgent priority, and the one that a server without priorities gives to everything. */
const [URGENT, USUAL] = [1, 3];
/** The server ends the run by itself if this process cannot. */
const RUN_TIMEOUT = '10s';
/** A run reaches its queue a moment after the server has started it: how long each try waits for that (milliseconds). */
const PATIENCE_MS = [20, 100, 500, 1_000];

const KNOWN = ok('Priorities', 'task queues know them: webhooks go before full syncs');

const UNKNOWN = warn(
  'Priorities',
  'the task queues of this server know no priorities, so a webhook waits behind a wave of full syncs',
  'Set matching.enableFairness (or matching.useNewMatcher, which is without fairness) to true in the dynamic configuration of the server.',
);

/**
 * Whether task queues know priorities, found out by trying: no server says so. A run that no worker can take waits in a queue
 * of its own, and the server says at which priority. Empty when it does not say.
 */
export async function checkPriorities(temporal: TemporalHandle): Promise<Check[]> {
  for (const patienceMs of PATIENCE_MS) {
    // A queue of its own for each try: the server repeats its first answer about a queue for seconds.
    const waitingAt = await tryPriority(temporal, `kombo-sync/doctor/${randomUUID()}`, patienceMs);
    if (waitingAt(URGENT) > 0) return [KNOWN];
    if (waitingAt(USUAL) > 0) return [UNKNOWN];
  }
  return [];
}

/** @returns how many runs wait at a priority. */
async function tryPriority(
  { client, connection, namespace }: TemporalHandle,
  name: string,
  patienceMs: number,
): Promise<(key: number) => number> {
  const run = await client.workflow.start('doctor', {
    workflowId: name,
    taskQueue: name,
    workflowRunTimeout: RUN_TIMEOUT,
    priority: { priorityKey: URGENT },
    staticSummary: 'kombo-sync doctor tries whether task queues know priorities',
  });
  try {
    await delay(patienceMs);
    const { statsByPriorityKey } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      // The enum itself is not exported by any package that we depend on.
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
      taskQueueType: WORKFLOWS,
      reportStats: true,
    });
    return (key) => Number(statsByPriorityKey?.[key]?.approximateBacklogCount ?? 0);
  } finally {
    await run.terminate('doctor has seen what it wanted').catch(() => {});
  }
}
