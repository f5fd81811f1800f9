import { settingsVersion, type ScheduleConfig } from './schedule-specs.ts';

const DAY_MS = 24 * 60 * 60_000;

/** Bringing all schedules in step: `setup` does it, and a worker does it when the settings have changed, and once a day. */
export function schedulesChore(config: ScheduleConfig): { name: string; version: string; everyMs: number } {
  return { name: 'schedules', version: settingsVersion(config), everyMs: DAY_MS };
}
