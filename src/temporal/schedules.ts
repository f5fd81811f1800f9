import {
  ScheduleAlreadyRunning,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import { defined } from '../domain/defined.ts';
import { catchUpScheduleId, fullSyncScheduleId } from '../domain/names.ts';
import { Refused } from '../outages/index.ts';
import { labelled } from './labels.ts';
import {
  fingerprintOf,
  wantedSchedules,
  type ScheduleConfig,
  type Scheduled,
  type WantedSchedule,
} from './schedule-specs.ts';
import { describe, ifThere, PAUSE_NOTE, remove } from './schedule-state.ts';

export type { ScheduleConfig, Scheduled } from './schedule-specs.ts';
export const ENSURE_RESULTS = ['created', 'updated', 'unchanged'] as const;
export type EnsureResult = (typeof ENSURE_RESULTS)[number];

/** What an integration's schedules were made from, by their ids. */
export type Fingerprints = Record<string, string>;

export interface Ensured {
  result: EnsureResult;
  made: Fingerprints;
}

/**
 * Whether a schedule is known to be right without asking for it: by what it was made from last, and by a list.
 *
 * @returns false when it has to be looked at.
 */
export type IsKnown = (options: ScheduleOptions) => boolean;

/**
 * Creates the schedules of an integration, or updates them to the settings and its status. A schedule that you paused
 * in Temporal stays paused.
 *
 * @param now changes of the clocks are looked up from its year on.
 */
export async function ensureSchedules(
  client: Client,
  config: ScheduleConfig,
  integration: Scheduled,
  now = new Date(),
): Promise<EnsureResult> {
  const { result } = await makeSchedules(client, config, integration, { now });
  if (config.CATCH_UP_INTERVAL === null) await remove(client, catchUpScheduleId(integration.id));
  return result;
}

interface MakeOptions {
  now?: Date;
  known?: IsKnown;
  isNew?: boolean;
}

/**
 * The same, without a request for what is known; and it removes nothing.
 *
 * @param known saves a request for each schedule that it vouches for.
 * @param isNew tries to make them at first, where that is what is most likely to do.
 */
export async function makeSchedules(
  client: Client,
  config: ScheduleConfig,
  integration: Scheduled,
  { now = new Date(), known = () => false, isNew = false }: MakeOptions = {},
): Promise<Ensured> {
  const made: Fingerprints = {};
  const each = async (wanted: WantedSchedule) => {
    const act = async (options: ScheduleOptions) => {
      const result = known(options) ? 'unchanged' : await ensure(client, options, isNew);
      made[options.scheduleId] = fingerprintOf(options.action) ?? '';
      return result;
    };
    // A schedule without its labels would stay so; what the server does not know yet, it knows a little later.
    return labelled(client, wanted.labels, (attributes) => act(wanted.options(attributes)), { bare: false });
  };
  const results: EnsureResult[] = [];
  for (const wanted of wantedSchedules(config, integration, now)) results.push(await each(wanted));
  return { result: results.find((result) => result !== 'unchanged') ?? 'unchanged', made };
}

export async function deleteSchedules(client: Client, integrationId: string): Promise<void> {
  await remove(client, fullSyncScheduleId(integrationId));
  await remove(client, catchUpScheduleId(integrationId));
}

async function ensure(client: Client, options: ScheduleOptions, isNew: boolean): Promise<EnsureResult> {
  if (isNew && (await create(client, options))) return 'created';
  const found = await describe(client, options.scheduleId);
  // Where another process was faster, what there is may still be of other settings.
  if (!found && (await create(client, options))) return 'created';
  const isPausedAsWanted = found === undefined || (await ensurePause(client, found, options));
  const before = found && fingerprintOf(found.action);
  if (before !== undefined && before === fingerprintOf(options.action)) {
    return isPausedAsWanted ? 'unchanged' : 'updated';
  }
  const handle = client.schedule.getHandle(options.scheduleId);
  const update = handle.update(({ searchAttributes: _theirs, ...previous }) => ({
    ...previous,
    spec: options.spec,
    action: options.action,
    policies: { ...previous.policies, ...options.policies },
    ...defined({ typedSearchAttributes: options.typedSearchAttributes }),
  }));
  await update.catch((error: unknown) => {
    throw asRefusal(error);
  });
  return 'updated';
}

/** False when it is there already. */
async function create(client: Client, options: ScheduleOptions): Promise<boolean> {
  try {
    await client.schedule.create(options);
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw asRefusal(error);
  }
}

/** The SDK says what is wrong with a schedule as a TypeError, as if it were ours. */
function asRefusal(error: unknown): unknown {
  return error instanceof TypeError ? new Refused(error.message, { cause: error }) : error;
}

/** Pauses or unpauses a schedule like its integration. A pause of yours stays. False if there was a change to make. */
async function ensurePause(
  client: Client,
  { scheduleId, state }: ScheduleDescription,
  options: ScheduleOptions,
): Promise<boolean> {
  if (isPausedAsWanted(state, options)) return true;
  const handle = client.schedule.getHandle(scheduleId);
  const { paused = false, note = '' } = options.state ?? {};
  await ifThere(() => (paused ? handle.pause(note) : handle.unpause(`${PAUSE_NOTE}resumed`)));
  return false;
}

interface PauseState {
  paused: boolean;
  note?: string | null | undefined;
}

/** Whether you have paused a schedule in Temporal. */
export function isPausedByHand({ paused, note }: PauseState): boolean {
  return paused && !(note ?? '').startsWith(PAUSE_NOTE);
}

/** Whether a schedule is paused as its integration is, or by hand. */
export function isPausedAsWanted(state: PauseState, options: ScheduleOptions): boolean {
  if (isPausedByHand(state)) return true;
  const { paused = false, note = '' } = options.state ?? {};
  return paused === state.paused && (!paused || note === state.note);
}
