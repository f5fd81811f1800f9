import type { Client, ScheduleOptions } from '@temporalio/client';
import { fullSyncScheduleId, catchUpScheduleId } from '../domain/names.ts';
import type { Store } from '../store/database.ts';
import { findIntegration, listIntegrations } from '../store/state/integrations.ts';
import {
  forgetMade,
  noteMade,
  noteShown,
  readMadeSchedules,
  type MadeSchedule,
} from '../store/state/made-schedules.ts';
import { eachByItself, type Failed } from './each.ts';
import { impatient, type Patience } from './patience.ts';
import { listSchedules, type ListedSchedule } from './schedule-list.ts';
import { fingerprintOf, wantedSchedules, type Scheduled } from './schedule-specs.ts';
import { remove } from './schedule-state.ts';
import { isPausedAsWanted, isPausedByHand, makeSchedules, type ScheduleConfig } from './schedules.ts';

/** Ids of the schedules that were touched, how many were right, what you did by hand, and what could not be done. */
export interface Reconciled {
  /** Ids of integrations. */
  created: string[];
  updated: string[];
  /** Ids of schedules, as those below. */
  deleted: string[];
  /** Integrations. */
  unchanged: number;
  /** You have paused these in Temporal: they stay so. */
  pausedByHand: string[];
  /** You have changed these in Temporal: they stay so, until the settings change. */
  changedByHand: string[];
  failed: Failed[];
}

const AT_ONCE = 16;
const NOTED_AT_ONCE = 1_000;

interface ReconcileDeps {
  client: Client;
  store: Store;
  config: ScheduleConfig;
  patience?: Patience;
  /** Hears how far it is. */
  onProgress?: (done: number, of: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Makes the schedules in Temporal what the integrations and settings say: missing ones are created, changed ones updated,
 * those of integrations that are gone deleted. Schedules that this service has not made are left alone. One that cannot be made or
 * deleted keeps none of the others from it.
 *
 * A list shows a thousand schedules at once, and Postgres knows what each was made from, so only those of which the two do
 * not say that they are right cost requests of their own.
 *
 * @throws when Temporal or Postgres does not answer at all.
 */
export async function reconcileSchedules(deps: ReconcileDeps): Promise<Reconciled> {
  const { client, store, config, patience = impatient, onProgress = () => {}, signal } = deps;
  const known = await readMadeSchedules(store);
  const integrations = await listIntegrations(store);
  const kept = integrations.filter(({ status }) => status !== 'removed');
  onProgress(0, kept.length);
  const listed = await listSchedules(client);
  const result: Reconciled = {
    created: [],
    updated: [],
    deleted: [],
    unchanged: 0,
    pausedByHand: [],
    changedByHand: [],
    failed: [],
  };
  const vouched = (options: ScheduleOptions) =>
    isRight(options, known.get(options.scheduleId), listed.get(options.scheduleId));
  let done = 0;
  result.failed = await eachByItself(kept, AT_ONCE, async (integration) => {
    signal?.throwIfAborted();
    const { result: outcome, made } = await patience(() =>
      makeSchedules(client, config, integration, { known: vouched }),
    );
    const fresh = Object.entries(made).filter(([id, print]) => known.get(id)?.made !== print);
    if (fresh.length > 0) await noteMade(store, Object.fromEntries(fresh));
    if (outcome === 'unchanged') result.unchanged += 1;
    else result[outcome].push(integration.id);
    onProgress(++done, kept.length);
  });

  signal?.throwIfAborted();
  for (const ids of [result.created, result.updated]) ids.sort();

  const wanted = wantedIds(config, kept);
  await noteWhatIsShown(
    store,
    [...listed.values()].filter(({ id }) => wanted.has(id)),
    known,
    result,
  );
  const isOurs = ({ id, owner }: ListedSchedule) => owner === config.TASK_QUEUE || known.has(id);
  const strays = [...listed.values()].filter((one) => !wanted.has(one.id) && isOurs(one));
  result.failed.push(...(await removeStrays(deps, strays, result)));
  return result;
}

/** Whether a schedule is there as it is to be, by what it was made from and by the list. */
function isRight(
  options: ScheduleOptions,
  known: MadeSchedule | undefined,
  listed: ListedSchedule | undefined,
): boolean {
  if (!known || !listed) return false;
  return known.made === fingerprintOf(options.action) && isPausedAsWanted(listed, options);
}

function wantedIds(config: ScheduleConfig, kept: readonly Scheduled[]): Set<string> {
  const now = new Date();
  return new Set(
    kept.flatMap((one) => wantedSchedules(config, one, now).map(({ scheduleId }) => scheduleId)),
  );
}

/** What is shown otherwise than right after it was made, you have changed. */
async function noteWhatIsShown(
  store: Store,
  listed: readonly ListedSchedule[],
  known: ReadonlyMap<string, MadeSchedule>,
  result: Reconciled,
): Promise<void> {
  const first: { id: string; made: string; shown: string }[] = [];
  for (const { id, shown, ...state } of listed) {
    if (isPausedByHand(state)) result.pausedByHand.push(id);
    const before = known.get(id);
    if (!before?.isListed) continue;
    if (before.shown === null) first.push({ id, made: before.made, shown });
    else if (before.shown !== shown) result.changedByHand.push(id);
  }
  for (let start = 0; start < first.length; start += NOTED_AT_ONCE) {
    await noteShown(store, first.slice(start, start + NOTED_AT_ONCE));
  }
}

async function removeStrays(
  { client, store, config }: ReconcileDeps,
  found: readonly ListedSchedule[],
  result: Reconciled,
): Promise<Failed[]> {
  const strays = new Map<string, { id: string; scheduleIds: string[] }>();
  for (const { id: scheduleId } of found) {
    const id = /^(?:full-sync|catch-up)\/(.*)$/s.exec(scheduleId)?.[1];
    if (id === undefined) continue;
    const known = strays.get(id);
    if (known) known.scheduleIds.push(scheduleId);
    else strays.set(id, { id, scheduleIds: [scheduleId] });
  }
  return eachByItself([...strays.values()], AT_ONCE, async ({ id, scheduleIds }) => {
    for (const scheduleId of scheduleIds) {
      if (await isWantedNow(store, config, id, scheduleId)) continue;
      await remove(client, scheduleId);
      await forgetMade(store, [scheduleId]);
      result.deleted.push(scheduleId);
    }
  });
}

/** An integration is stored before it gets schedules, so what is there now may be later than the list. */
async function isWantedNow(
  store: Store,
  config: ScheduleConfig,
  id: string,
  scheduleId: string,
): Promise<boolean> {
  const integration = await findIntegration(store, id);
  if (!integration || integration.status === 'removed') return false;
  return (
    scheduleId === fullSyncScheduleId(id) ||
    (scheduleId === catchUpScheduleId(id) && config.CATCH_UP_INTERVAL !== null)
  );
}
