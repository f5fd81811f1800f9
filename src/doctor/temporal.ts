import type { Config } from '../config.ts';
import type { SignalledWorkflow } from '../domain/changes-signal.ts';
import { fullSyncQueue } from '../domain/names.ts';
import { connectTemporal, temporalAddress, type TemporalHandle } from '../temporal/connect.ts';
import {
  describeUnusable,
  unusableAttributes,
  type UnusableAttribute,
} from '../temporal/search-attributes.ts';
import { fail, ok, warn, type Check } from './check.ts';
import { findSchedules, type FoundSchedules } from './schedules.ts';
import { checkPriorities } from './temporal-priorities.ts';
import { checkRights } from './temporal-rights.ts';
import { checkVersions, type VersionedPoller } from './temporal-versions.ts';

/** Values of Temporal's enum TaskQueueType. */
const QUEUES = [
  { tasks: 'workflows', type: 1 },
  { tasks: 'activities', type: 2 },
] as const;
const YOURS = 'Your workers';

/** Short enough to leave time to find out why there is no answer. */
const CONNECT_TIMEOUT = '3s';

export interface TemporalFindings {
  checks: Check[];
  /** Undefined when they could not be read. */
  schedules?: FoundSchedules;
}

/** @throws if the server cannot be reached, or does not have the namespace. */
export async function checkTemporal(
  config: Pick<Config, 'TASK_QUEUE' | 'CHANGES_SIGNAL'>,
  timeoutMs: number,
): Promise<TemporalFindings> {
  const temporal = await connectTemporal(CONNECT_TIMEOUT);
  try {
    return await temporal.connection.withDeadline(Date.now() + timeoutMs, () => examine(temporal, config));
  } finally {
    await temporal.close();
  }
}

async function examine(
  temporal: TemporalHandle,
  { TASK_QUEUE, CHANGES_SIGNAL }: Pick<Config, 'TASK_QUEUE' | 'CHANGES_SIGNAL'>,
): Promise<TemporalFindings> {
  const { connection, namespace } = temporal;
  const server = await connection.workflowService.getSystemInfo({});
  await connection.workflowService.describeNamespace({ namespace });
  const unusable = await unusableAttributes(temporal.client);
  const [rights, workers, yours, priorities, schedules] = await Promise.all([
    checkRights(temporal),
    checkWorkers(temporal, TASK_QUEUE),
    CHANGES_SIGNAL ? checkYourWorkers(temporal, CHANGES_SIGNAL) : [],
    // Without the right to start a run, the check of the rights says so.
    checkPriorities(temporal).catch(() => []),
    findSchedules(
      temporal,
      unusable.map(({ name }) => name),
    ),
  ]);
  return {
    checks: [
      ok(
        'Temporal',
        `version ${server.serverVersion ?? 'unknown'} at ${temporalAddress()}, namespace ${namespace}`,
      ),
      rights,
      checkSearchAttributes(unusable),
      ...workers,
      ...yours,
      ...priorities,
    ],
    schedules,
  };
}

/** Syncs run without them, so this never fails. */
function checkSearchAttributes(unusable: readonly UnusableAttribute[]): Check {
  if (unusable.length === 0) return ok('Search attributes', 'all there, each with the right type');
  const { what, remedy } = describeUnusable(unusable);
  return warn('Search attributes', what, remedy);
}

async function checkWorkers(temporal: TemporalHandle, taskQueue: string): Promise<Check[]> {
  const asked = [...new Set([taskQueue, fullSyncQueue(taskQueue)])].flatMap((queue) =>
    QUEUES.map(async ({ tasks, type }) => ({
      queue,
      tasks,
      pollers: await pollersOf(temporal, queue, type),
    })),
  );
  const found = await Promise.all(asked);
  const idle = found.filter(({ pollers }) => pollers.length === 0);
  if (idle.length > 0) {
    const what = [...Map.groupBy(idle, ({ queue }) => queue)].map(
      ([queue, list]) => `task queue ${queue} for ${list.map(({ tasks }) => tasks).join(' and ')}`,
    );
    return [
      fail(
        'Worker',
        `no worker polls ${what.join(' and ')}`,
        'Start one by: kombo-sync worker. If one runs, compare TASK_QUEUE and TEMPORAL_NAMESPACE.',
      ),
    ];
  }
  const pollers = found.flatMap((one) => one.pollers);
  const versioned = pollers.flatMap(({ version }) => version ?? []);
  const versions = await checkVersions(temporal, versioned, versioned.length < pollers.length);
  const workers = new Set(pollers.map(({ identity }) => identity));
  return [ok('Worker', `${workers.size} on task queue ${taskQueue}`), ...versions];
}

/** Signals wait in the workflows meanwhile, so this never fails. */
async function checkYourWorkers(temporal: TemporalHandle, target: SignalledWorkflow): Promise<Check[]> {
  const [{ type: workflows }] = QUEUES;
  const { length } = await pollersOf(temporal, target.taskQueue, workflows);
  if (length > 0) return [ok(YOURS, `${length} on task queue ${target.taskQueue}`)];
  return [
    warn(
      YOURS,
      `no worker of yours polls task queue ${target.taskQueue}, so the signals of CHANGES_SIGNAL wait`,
      `Start the one that has the workflow ${target.type}. If it runs, compare the task queue and the namespace.`,
    ),
  ];
}

interface Poller {
  identity: string;
  version: VersionedPoller | undefined;
}

async function pollersOf(
  { connection, namespace }: TemporalHandle,
  taskQueue: string,
  taskQueueType: number,
): Promise<Poller[]> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    // The enum itself is not exported by any package that we depend on.
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
    taskQueueType,
  });
  return (pollers ?? [])
    .filter(({ lastAccessTime }) => isRecent(lastAccessTime))
    .map(({ identity, deploymentOptions }) => {
      const { deploymentName, buildId } = deploymentOptions ?? {};
      const version = deploymentName && buildId ? { deploymentName, buildId } : undefined;
      return { identity: identity ?? 'unnamed', version };
    });
}

/** A poll takes at most a minute. The server lists pollers for five minutes, so also those of a worker that ended. */
const POLLED_WITHIN_MS = 120_000;

/** Whether a poller was seen lately. If the server does not say when, it counts as seen. */
export function isRecent(at: { seconds?: unknown } | null | undefined, now = Date.now()): boolean {
  const seconds = Number(at?.seconds ?? Number.NaN);
  return Number.isNaN(seconds) || now - seconds * 1_000 < POLLED_WITHIN_MS;
}
