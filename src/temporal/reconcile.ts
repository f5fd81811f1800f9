import type { Client } from '@temporalio/client';
import { catchUpScheduleId, fullSyncScheduleId } from '../domain/names.ts';
import type { Integration } from '../store/state/integrations.ts';
import { eachByItself, type Failed } from './each.ts';
import { impatient, type Patience } from './patience.ts';
import { ensureSchedules, type ScheduleConfig, type Scheduled } from './schedules.ts';
import { describe, remove } from './schedule-state.ts';

/** The ids of integrations whose schedules changed and of deleted schedules, how many were right, and what failed. */
export interface Reconciled {
  created: string[];
  updated: string[];
  deleted: string[];
  unchanged: number;
  failed: Failed[];
}

const AT_ONCE = 8;

/**
 * Makes the schedules in Temporal match the integrations and settings: creates missing ones, updates changed ones and
 * deletes those of removed integrations. It leaves schedules of another task queue alone. A schedule that fails does
 * not stop the others.
 *
 * @param find reads an integration again: with thousands of them, the list is minutes old when a schedule is deleted.
 * @throws if Temporal or Postgres does not answer.
 */
export async function reconcileSchedules(
  client: Client,
  config: ScheduleConfig,
  integrations: readonly (Scheduled & Pick<Integration, 'status'>)[],
  find: (integrationId: string) => Promise<Pick<Integration, 'status'> | undefined>,
  patience: Patience = impatient,
): Promise<Reconciled> {
  const kept = integrations.filter((integration) => integration.status !== 'removed');
  const result: Reconciled = { created: [], updated: [], deleted: [], unchanged: 0, failed: [] };
  result.failed = await eachByItself(kept, AT_ONCE, async (integration) => {
    const done = await patience(() => ensureSchedules(client, config, integration));
    if (done === 'unchanged') result.unchanged += 1;
    else result[done].push(integration.id);
  });

  const wanted = new Set(kept.flatMap(({ id }) => [fullSyncScheduleId(id), catchUpScheduleId(id)]));
  const strays = new Map<string, { id: string; scheduleIds: string[] }>();
  for await (const { scheduleId } of client.schedule.list()) {
    const id = /^(?:full-sync|catch-up)\/(.*)$/s.exec(scheduleId)?.[1];
    if (id === undefined || wanted.has(scheduleId)) continue;
    const known = strays.get(id);
    if (known) known.scheduleIds.push(scheduleId);
    else strays.set(id, { id, scheduleIds: [scheduleId] });
  }
  const left = await eachByItself([...strays.values()], AT_ONCE, async ({ id, scheduleIds }) => {
    for (const scheduleId of scheduleIds) {
      const found = await describe(client, scheduleId);
      if (found?.action.taskQueue !== config.TASK_QUEUE) continue;
      // An integration is stored before it gets schedules, so this may be one that was added after the list was read.
      const integration = await find(id);
      if (integration && integration.status !== 'removed') continue;
      await remove(client, scheduleId);
      result.deleted.push(scheduleId);
    }
  });
  result.failed.push(...left);
  return result;
}
