import type { Client } from '@temporalio/client';
import { fullSyncScheduleId } from '../domain/names.ts';
import type { SeenSchedule } from '../domain/schedule-health.ts';
import { allSchedules } from './all-schedules.ts';

/**
 * The schedules of all weekly full syncs, by integration. Pages of the list only: what describing each would add is not worth
 * twenty thousand requests.
 */
export async function listFullSyncSchedules(client: Client): Promise<Map<string, SeenSchedule>> {
  const prefix = fullSyncScheduleId('');
  const found = new Map<string, SeenSchedule>();
  for await (const { scheduleId, info, state } of allSchedules(client)) {
    if (!scheduleId.startsWith(prefix)) continue;
    found.set(scheduleId.slice(prefix.length), {
      paused: state.paused,
      note: state.note || null,
      nextRun: info.nextActionTimes[0] ?? null,
      lastRun: info.recentActions.at(-1)?.takenAt ?? null,
    });
  }
  return found;
}
