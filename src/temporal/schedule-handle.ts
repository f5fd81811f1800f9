import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import { catchUpScheduleId, fullSyncScheduleId } from './names.ts';

/** Starts every note of ours, so that a schedule that you paused by hand stays paused. */
export const PAUSE_NOTE = 'kombo-sync: ';

export const scheduleIds = (integrationId: string) => [
  fullSyncScheduleId(integrationId),
  catchUpScheduleId(integrationId),
];

/** A schedule that is not there needs nothing. */
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
