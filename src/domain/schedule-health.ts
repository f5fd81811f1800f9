/* Whether the weekly full sync of an integration, its safety net, does its work. */

/** The worst comes first; `ok` says that nothing else holds. */
export const SCHEDULE_STATES = ['missing', 'paused', 'no_next_run', 'last_run_failed', 'ok'] as const;
export type ScheduleState = (typeof SCHEDULE_STATES)[number];

/** The schedule as Temporal lists it. */
export interface SeenSchedule {
  paused: boolean;
  note: string | null;
  nextRun: Date | null;
  lastRun: Date | null;
}

/** What Postgres knows of the full passes of an active integration, over all endpoints that it reads. */
export interface FullPasses {
  id: string;
  /** Since when it is active. */
  activeSince: Date;
  /** Each endpoint was read in full since then; null while one never was. */
  startedAt: Date | null;
  /** When the last of these passes had ended. */
  finishedAt: Date | null;
  /** A full pass or its sweep is owed, and its tries fail. */
  failing: boolean;
}

/** A schedule is made soon after its integration, and shows in lists a little later. */
const NEW_MS = 10 * 60_000;
/** How long a full sync may take before its end is missed; the longest go on for hours. */
const RUN_MS = 24 * 3_600_000;

export function scheduleState(
  passes: FullPasses,
  schedule: SeenSchedule | undefined,
  now: Date,
): ScheduleState {
  if (!schedule) return now.getTime() - passes.activeSince.getTime() < NEW_MS ? 'ok' : 'missing';
  if (schedule.paused) return 'paused';
  if (!schedule.nextRun) return 'no_next_run';
  return passes.failing || hasNotEnded(passes, schedule, now) ? 'last_run_failed' : 'ok';
}

/** Its last run began long ago, and not every endpoint was read to its end since then: it was ended, or never worked on. */
function hasNotEnded({ finishedAt }: FullPasses, { lastRun }: SeenSchedule, now: Date): boolean {
  if (!lastRun || now.getTime() - lastRun.getTime() < RUN_MS) return false;
  return !finishedAt || finishedAt < lastRun;
}
