import type { Client } from '@temporalio/client';
import type { EndpointSettings } from '../domain/choice.ts';
import { none } from '../domain/counts.ts';
import {
  SCHEDULE_STATES,
  scheduleState,
  type FullPasses,
  type ScheduleState,
  type SeenSchedule,
} from '../domain/schedule-health.ts';
import type { Store } from '../store/database.ts';
import { listFullPasses } from '../store/reports/full-passes.ts';
import { listFullSyncs } from '../temporal/schedule-list.ts';
import { PAUSE_NOTE } from '../temporal/schedule-state.ts';

/** An integration whose weekly full sync does not do its work. */
export interface Troubled {
  id: string;
  state: Exclude<ScheduleState, 'ok'>;
  /** You have paused the schedule in Temporal: kombo-sync leaves it so. */
  byHand: boolean;
  /** What Temporal keeps of that. */
  note: string | null;
}

/** How the weekly full syncs of all active integrations are doing. */
export interface SafetyNet {
  /** The integration whose full passes are the oldest: since when all of it was read, or since when it waits for that. */
  oldest: { id: string; since: Date } | null;
  /** Undefined while Temporal cannot be asked. */
  schedules: { byState: Record<ScheduleState, number>; troubled: Troubled[] } | undefined;
}

/** Names of each state that are kept; the rest is counted. */
const NAMES_KEPT = 20;

interface SafetyNetDeps {
  store: Store;
  config: EndpointSettings;
  client: Client;
  /** How long Temporal may take (milliseconds). */
  timeoutMs: number;
  /** How many integrations of each state are named. */
  named?: number;
}

/** @throws while Postgres cannot be read. */
export async function readSafetyNet({
  store,
  config,
  client,
  timeoutMs,
  named,
}: SafetyNetDeps): Promise<SafetyNet> {
  const until = Date.now() + timeoutMs;
  const [passes, schedules] = await Promise.all([
    listFullPasses(store, config),
    client.withDeadline(until, () => listFullSyncs(client)).catch(() => undefined),
  ]);
  return judgePasses(passes, schedules, { now: new Date(), named });
}

/** @param seen the schedules of full syncs by integration; undefined if Temporal did not list them. */
export function judgePasses(
  all: readonly FullPasses[],
  seen: ReadonlyMap<string, SeenSchedule> | undefined,
  { now, named = NAMES_KEPT }: { now: Date; named?: number | undefined },
): SafetyNet {
  const byState = none(SCHEDULE_STATES);
  const troubled: Troubled[] = [];
  let oldest: SafetyNet['oldest'] = null;
  for (const passes of all) {
    const { id } = passes;
    const since = passes.startedAt ?? passes.activeSince;
    if (!oldest || since < oldest.since) oldest = { id, since };
    const schedule = seen?.get(id);
    const state = scheduleState(passes, schedule, now);
    byState[state] += 1;
    if (state === 'ok' || byState[state] > named) continue;
    const note = (state === 'paused' && schedule?.note) || null;
    const byHand = state === 'paused' && !(note?.startsWith(PAUSE_NOTE) ?? false);
    troubled.push({ id, state, byHand, note });
  }
  return { oldest, schedules: seen && { byState, troubled } };
}
