import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { catchUpScheduleId, escapeQuery, fullSyncScheduleId, KOMBO_INTEGRATION_ID } from '../domain/names.ts';
import type { SeenSchedule } from '../domain/schedule-health.ts';
import { unusableNames } from './labels.ts';
import { listFullSyncs } from './schedule-list.ts';

export interface ScheduleInfo {
  id: string;
  paused: boolean;
  note: string | null;
  /** When it runs, for you to read: a cron expression or an interval. */
  when: string;
  nextRuns: Date[];
  recentRuns: { workflowId: string; at: Date }[];
}

export interface Schedules {
  /** Null if there is none. */
  fullSync: ScheduleInfo | null;
  catchUp: ScheduleInfo | null;
}

export async function describeSchedule(client: Client, integrationId: string): Promise<Schedules> {
  const [fullSync, catchUp] = await Promise.all([
    describe(client, fullSyncScheduleId(integrationId)),
    describe(client, catchUpScheduleId(integrationId)),
  ]);
  return { fullSync: fullSync ? toInfo(fullSync) : null, catchUp: catchUp ? toInfo(catchUp) : null };
}

export type NextFullSync = Pick<SeenSchedule, 'paused' | 'nextRun'>;

/** Ids that fit into one query of visibility. */
const IDS_AT_ONCE = 100;

/**
 * When the weekly full sync of each integration runs next, from the schedules themselves: for these integrations, with
 * one query for a hundred of them, or for all.
 */
export async function nextFullSyncs(
  client: Client,
  integrationIds?: readonly string[],
): Promise<Map<string, NextFullSync>> {
  if (integrationIds === undefined) return listFullSyncs(client);
  if ((await unusableNames(client)).has(KOMBO_INTEGRATION_ID.name)) {
    const all = await listFullSyncs(client);
    return new Map([...all].filter(([id]) => integrationIds.includes(id)));
  }
  const found = new Map<string, NextFullSync>();
  for (let start = 0; start < integrationIds.length; start += IDS_AT_ONCE) {
    const ids = integrationIds.slice(start, start + IDS_AT_ONCE).map((id) => `'${escapeQuery(id)}'`);
    const some = await listFullSyncs(client, `${KOMBO_INTEGRATION_ID.name} IN (${ids.join(', ')})`);
    for (const [id, schedule] of some) found.set(id, schedule);
  }
  return found;
}

/** Ids of the running workflows that the schedules of an integration have started. */
export async function scheduledRuns(client: Client, integrationId: string): Promise<string[]> {
  const found = await Promise.all(scheduleIds(integrationId).map((id) => describe(client, id)));
  return found.flatMap(
    (schedule) => schedule?.info.runningActions.map((action) => action.workflow.workflowId) ?? [],
  );
}

function toInfo(found: ScheduleDescription): ScheduleInfo {
  return {
    id: found.scheduleId,
    paused: found.state.paused,
    note: found.state.note || null,
    when: typeof found.action.memo?.['when'] === 'string' ? found.action.memo['when'] : '',
    nextRuns: found.info.nextActionTimes,
    recentRuns: found.info.recentActions.map((run) => ({
      workflowId: run.action.workflow.workflowId,
      at: run.takenAt,
    })),
  };
}

/** All our notes start with this. A pause with another note is yours, and stays. */
export const PAUSE_NOTE = 'kombo-sync: ';

export const scheduleIds = (integrationId: string) => [
  fullSyncScheduleId(integrationId),
  catchUpScheduleId(integrationId),
];

/** Does nothing if there is no such schedule. */
export async function ifThere(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

export async function describe(client: Client, scheduleId: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(scheduleId).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

export async function remove(client: Client, scheduleId: string): Promise<void> {
  await ifThere(() => client.schedule.getHandle(scheduleId).delete());
}
