import { fullSyncScheduleId } from '../domain/names.ts';
import type { Integration } from '../store/state/integrations.ts';
import { connectTemporal, temporalAddress, type TemporalHandle } from '../temporal/connect.ts';
import { describeUnusable, unusableAttributes } from '../temporal/search-attributes.ts';
import { fail, ok, warn, type Check } from './check.ts';
import { checkRights } from './temporal-rights.ts';

/** Values of Temporal's enum TaskQueueType. */
const QUEUES = [
  { tasks: 'workflows', type: 1 },
  { tasks: 'activities', type: 2 },
];

/** Short enough to leave time to find out why there is no answer. */
const CONNECT_TIMEOUT = '3s';

export interface TemporalFindings {
  checks: Check[];
  /** Ids of all schedules; undefined if they could not be read. */
  scheduleIds?: Set<string>;
}

/** @throws if the server cannot be reached, or does not have the namespace. */
export async function checkTemporal(taskQueue: string, timeoutMs: number): Promise<TemporalFindings> {
  const temporal = await connectTemporal(CONNECT_TIMEOUT);
  try {
    return await temporal.connection.withDeadline(Date.now() + timeoutMs, () => examine(temporal, taskQueue));
  } finally {
    await temporal.close();
  }
}

async function examine(temporal: TemporalHandle, taskQueue: string): Promise<TemporalFindings> {
  const { connection, namespace } = temporal;
  const server = await connection.workflowService.getSystemInfo({});
  await connection.workflowService.describeNamespace({ namespace });
  const [rights, attributes, worker, scheduleIds] = await Promise.all([
    checkRights(temporal),
    checkSearchAttributes(temporal),
    checkWorker(temporal, taskQueue),
    listScheduleIds(temporal),
  ]);
  return {
    checks: [
      ok(
        'Temporal',
        `version ${server.serverVersion ?? 'unknown'} at ${temporalAddress()}, namespace ${namespace}`,
      ),
      rights,
      attributes,
      worker,
    ],
    scheduleIds,
  };
}

/** Syncs run without them, so this check never fails. */
async function checkSearchAttributes(temporal: TemporalHandle): Promise<Check> {
  const unusable = await unusableAttributes(temporal.client);
  if (unusable.length === 0) return ok('Search attributes', 'all there, each with the right type');
  const { what, remedy } = describeUnusable(unusable);
  return warn('Search attributes', what, remedy);
}

async function checkWorker({ connection, namespace }: TemporalHandle, taskQueue: string): Promise<Check> {
  const idle: string[] = [];
  const workers = new Set<string>();
  for (const { tasks, type } of QUEUES) {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      // No package that we depend on exports the enum.
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
      taskQueueType: type,
    });
    const polling = (pollers ?? []).filter(({ lastAccessTime }) => isRecent(lastAccessTime));
    if (polling.length === 0) idle.push(tasks);
    for (const poller of polling) workers.add(poller.identity ?? 'unnamed');
  }
  if (idle.length === 0) return ok('Worker', `${workers.size} on task queue ${taskQueue}`);
  return fail(
    'Worker',
    `no worker polls task queue ${taskQueue} for ${idle.join(' and ')}`,
    'Start one by: kombo-sync worker. If one runs, compare TASK_QUEUE and TEMPORAL_NAMESPACE.',
  );
}

/** A poll takes at most a minute. The server lists pollers for five minutes, so also those of a worker that ended. */
const POLLED_WITHIN_MS = 120_000;

/** Whether a poller was seen lately. If the server does not say when, it counts as seen. */
export function isRecent(at: { seconds?: unknown } | null | undefined, now = Date.now()): boolean {
  const seconds = Number(at?.seconds ?? Number.NaN);
  return Number.isNaN(seconds) || now - seconds * 1_000 < POLLED_WITHIN_MS;
}

async function listScheduleIds({ client }: TemporalHandle): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const schedule of client.schedule.list({ pageSize: 1_000 })) ids.add(schedule.scheduleId);
  return ids;
}

/** Whether each active integration has its weekly full sync. */
export function checkSchedules(
  integrations: readonly Integration[],
  scheduleIds: ReadonlySet<string>,
): Check {
  const active = integrations.filter((integration) => integration.status === 'active');
  const missing = active.filter(({ id }) => !scheduleIds.has(fullSyncScheduleId(id)));
  if (active.length === 0) return ok('Schedules', 'none needed: there is no active integration');
  if (missing.length === 0) return ok('Schedules', `there for all ${active.length} active integrations`);
  const names = missing.slice(0, 3).map(({ id }) => id);
  return fail(
    'Schedules',
    `${missing.length} of ${active.length} active integrations have none: ${names.join(', ')}${missing.length > 3 ? ', …' : ''}`,
    'Run: kombo-sync setup',
  );
}
