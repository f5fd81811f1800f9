import { createHash } from 'node:crypto';
import type { Client, ScheduleSummary } from '@temporalio/client';
import { allSchedules } from './all-schedules.ts';
import { OWNER } from './schedule-specs.ts';

/** A schedule as a list shows it: a second or so later than it is. */
export interface ListedSchedule {
  id: string;
  paused: boolean;
  note: string | undefined;
  /** The task queue of the kombo-sync that made it; undefined when none did. */
  owner: string | undefined;
  /** Hash of when it runs and of what it starts, which changes with them. */
  shown: string;
}

export async function listSchedules(client: Client, query?: string): Promise<Map<string, ListedSchedule>> {
  const listed = new Map<string, ListedSchedule>();
  for await (const summary of allSchedules(client, query)) {
    listed.set(summary.scheduleId, toListed(summary));
  }
  return listed;
}

function toListed({ scheduleId, state, memo, spec, action }: ScheduleSummary): ListedSchedule {
  const owner = memo?.[OWNER];
  return {
    id: scheduleId,
    paused: state.paused,
    note: state.note,
    owner: typeof owner === 'string' ? owner : undefined,
    shown: createHash('sha256')
      .update(JSON.stringify([spec, action]))
      .digest('hex')
      .slice(0, 16),
  };
}
