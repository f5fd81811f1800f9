import { KOMBO_TRIGGER } from '../domain/names.ts';
import { outageOf } from '../outages/index.ts';
import type { Integration } from '../store/state/integrations.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import { listFullSyncs, type ListedSchedule } from '../temporal/schedule-list.ts';
import { isPausedByHand } from '../temporal/schedules.ts';
import { fail, ok, warn, type Check } from './check.ts';

/** The schedules of full syncs: each one by its integration, or how many they are if they are too many to list in time. */
export type FoundSchedules = { listed: ReadonlyMap<string, ListedSchedule> } | { count: number };

/** To count them is one request; a list takes 0.3 ms for each on an idle server, and 2 ms on a busy one. */
const LIST_WITHIN_MS = 1_800;
/** More than these no server has listed in that time, so none is asked to. */
const MOST_LISTED = 5_000;
const COUNTED = `TemporalNamespaceDivision = 'TemporalScheduler' AND ExecutionStatus = 'Running' AND ${KOMBO_TRIGGER.name} = 'schedule'`;

/** @param unlabelled search attributes that the namespace lacks. */
export async function findSchedules(
  { client, connection }: TemporalHandle,
  unlabelled: readonly string[],
  { listWithinMs = LIST_WITHIN_MS, most = MOST_LISTED } = {},
): Promise<FoundSchedules> {
  const isCounted = !unlabelled.includes(KOMBO_TRIGGER.name);
  const count = isCounted ? (await client.workflow.count(COUNTED)).count : 0;
  if (count > most) return { count };
  try {
    const until = Date.now() + listWithinMs;
    return { listed: await connection.withDeadline(until, () => listFullSyncs(client)) };
  } catch (error) {
    const outage = outageOf(error);
    if (outage?.part !== 'temporal' || outage.kind !== 'late' || !isCounted) throw error;
    return { count };
  }
}

const SHOWN = 3;
const some = (names: readonly string[]) =>
  `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''}`;

/** Whether each active integration has its weekly full sync, and whether it runs. */
export function checkSchedules(integrations: readonly Integration[], found: FoundSchedules): Check {
  const active = integrations.filter((integration) => integration.status === 'active');
  if (active.length === 0) return ok('Schedules', 'none needed: there is no active integration');
  if ('count' in found) return checkCount(integrations, found.count);
  const { listed } = found;
  const missing = active.filter(({ id }) => !listed.has(id)).map(({ id }) => id);
  if (missing.length > 0) {
    const what = `${missing.length} of ${active.length} active integrations have none: ${some(missing)}`;
    return fail('Schedules', what, 'Run: kombo-sync setup');
  }
  const paused = active.filter(({ id }) => isPausedByHand(listed.get(id)!));
  if (paused.length === 0) return ok('Schedules', `there for all ${active.length} active integrations`);
  return warn(
    'Schedules',
    `${paused.length} of ${active.length} are paused by hand in Temporal: ${some(paused.map(({ id }) => id))}`,
    'If that is over: temporal schedule toggle --unpause --schedule-id full-sync/<id>',
  );
}

/** Each integration that is not removed has one. */
function checkCount(integrations: readonly Integration[], count: number): Check {
  const needed = integrations.filter(({ status }) => status !== 'removed').length;
  if (count < needed) {
    return fail(
      'Schedules',
      `${needed - count} of ${needed} integrations have none`,
      'Run: kombo-sync setup',
    );
  }
  return ok('Schedules', `${count} for ${needed} integrations; a worker compares them one by one each day`);
}
