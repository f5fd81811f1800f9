import { randomUUID } from 'node:crypto';
import type { TemporalHandle } from '../temporal/connect.ts';
import { ok, warn, type Check } from './check.ts';

/** A workflow task. */
const WORKFLOWS = 1;
/** The most urgent priority, and the one that a server without priorities gives to everything. */
const [URGENT, USUAL] = [1, 3];
/** The server ends the run by itself if this process cannot. */
const RUN_TIMEOUT = '10s';

/**
 * Whether task queues know priorities, found out by trying: no server says so. A run that no worker can take waits in a queue
 * of its own, and the server says at which priority. Empty when it does not say.
 */
export async function checkPriorities({ client, connection, namespace }: TemporalHandle): Promise<Check[]> {
  const name = `kombo-sync/doctor/${randomUUID()}`;
  const run = await client.workflow.start('doctor', {
    workflowId: name,
    taskQueue: name,
    workflowRunTimeout: RUN_TIMEOUT,
    priority: { priorityKey: URGENT },
    staticSummary: 'kombo-sync doctor tries whether task queues know priorities',
  });
  try {
    const { statsByPriorityKey } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      // The enum itself is not exported by any package that we depend on.
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
      taskQueueType: WORKFLOWS,
      reportStats: true,
    });
    return judge(
      (key) => Number(statsByPriorityKey?.[key]?.approximateBacklogCount ?? 0),
      statsByPriorityKey,
    );
  } finally {
    await run.terminate('doctor has seen what it wanted').catch(() => {});
  }
}

function judge(waitingAt: (key: number) => number, stats: object | null | undefined): Check[] {
  if (waitingAt(USUAL) > 0) {
    return [
      warn(
        'Priorities',
        'the task queues of this server know no priorities, so a webhook waits behind a wave of full syncs',
        'Set matching.enableFairness (or matching.useNewMatcher, which is without fairness) to true in the dynamic configuration of the server.',
      ),
    ];
  }
  return Object.keys(stats ?? {}).length === 0
    ? []
    : [ok('Priorities', 'task queues know them: webhooks go before full syncs')];
}
