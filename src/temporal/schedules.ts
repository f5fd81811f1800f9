import { createHash } from 'node:crypto';
import {
  ScheduleAlreadyRunning,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import type { TypedSearchAttributes } from '@temporalio/common';
import type { Config } from '../config.ts';
import { runsLeftOut } from '../domain/clock-changes.ts';
import { defined } from '../domain/defined.ts';
import { formatDuration } from '../domain/duration.ts';
import { spreadCron, spreadOffset } from '../domain/spread.ts';
import type { FullSyncInput, IntegrationSyncInput, Trigger } from '../domain/sync.ts';
import type { Integration } from '../store/state/integrations.ts';
import { Refused } from '../outages/index.ts';
import { labelled } from './labels.ts';
import {
  catchUpScheduleId,
  fairnessKey,
  fullSyncScheduleId,
  WORKFLOW_TYPES,
  type Labels,
} from '../domain/names.ts';
import { describe, ifThere, PAUSE_NOTE, remove } from './schedule-state.ts';

export type ScheduleConfig = Pick<
  Config,
  'TASK_QUEUE' | 'FULL_SYNC_CRON' | 'FULL_SYNC_TIMEZONE' | 'FULL_SYNC_SPREAD' | 'CATCH_UP_INTERVAL'
>;
export type Scheduled = Pick<Integration, 'id' | 'tool' | 'category'> &
  Partial<Pick<Integration, 'status' | 'statusReason'>>;
export const ENSURE_RESULTS = ['created', 'updated', 'unchanged'] as const;
export type EnsureResult = (typeof ENSURE_RESULTS)[number];

/** A server that was down for longer skips the runs that it missed. The server's own default is a year. */
const CATCH_UP_WINDOW = '12h';
/** The memo of a schedule that holds a fingerprint of its options. */
const FINGERPRINT = 'komboSync';

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
  const each = (made: Made) =>
    // Fails rather than make a schedule without labels: it would stay so, and a server learns new labels in seconds.
    labelled(client, made.labels, (attributes) => ensure(client, made.options(attributes)), { bare: false });
  const results = [await each(fullSyncSchedule(config, integration, now))];
  if (config.CATCH_UP_INTERVAL === null) await remove(client, catchUpScheduleId(integration.id));
  else results.push(await each(catchUpSchedule(config, integration, config.CATCH_UP_INTERVAL)));
  return results.find((result) => result !== 'unchanged') ?? 'unchanged';
}

export async function deleteSchedules(client: Client, integrationId: string): Promise<void> {
  await remove(client, fullSyncScheduleId(integrationId));
  await remove(client, catchUpScheduleId(integrationId));
}

function fullSyncSchedule(config: ScheduleConfig, integration: Scheduled, now: Date): Made {
  const { cron, jitterMs } = spreadCron(config.FULL_SYNC_CRON, integration.id, config.FULL_SYNC_SPREAD);
  const input: FullSyncInput = { integrationId: integration.id, trigger: 'schedule' };
  return build(config, integration, 'schedule', {
    scheduleId: fullSyncScheduleId(integration.id),
    when: `cron ${cron} ${config.FULL_SYNC_TIMEZONE}`,
    spec: {
      cronExpressions: [cron, ...runsLeftOut(cron, config.FULL_SYNC_TIMEZONE, now)],
      timezone: config.FULL_SYNC_TIMEZONE,
      ...defined({ jitter: jitterMs > 0 ? jitterMs : undefined }),
    },
    workflowType: WORKFLOW_TYPES.fullSync,
    input,
    priority: 4,
  });
}

/** A catch-up is an `integrationSync` of its own that reads every endpoint at once. Its passes may overlap others. */
function catchUpSchedule(config: ScheduleConfig, integration: Scheduled, everyMs: number): Made {
  const input: IntegrationSyncInput = {
    integrationId: integration.id,
    trigger: 'catch-up',
    everything: true,
  };
  const offset = spreadOffset(integration.id, everyMs);
  return build(config, integration, 'catch-up', {
    scheduleId: catchUpScheduleId(integration.id),
    when: `every ${formatDuration(everyMs)}`,
    // The server counts in whole seconds.
    spec: { intervals: [{ every: everyMs, offset: Math.floor(offset / 1000) * 1000 }] },
    workflowType: WORKFLOW_TYPES.integrationSync,
    input,
    priority: 3,
  });
}

interface Parts {
  scheduleId: string;
  when: string;
  spec: ScheduleOptions['spec'];
  workflowType: string;
  input: FullSyncInput | IntegrationSyncInput;
  priority: number;
}

/** A schedule before it is known which labels the namespace accepts. */
interface Made {
  labels: Labels;
  options(attributes: TypedSearchAttributes): ScheduleOptions;
}

function build(config: ScheduleConfig, integration: Scheduled, trigger: Trigger, parts: Parts): Made {
  const { id: integrationId, tool, category } = integration;
  return {
    labels: { integrationId, trigger, tool, category },
    options: (attributes) => buildOptions(config, integration, trigger, parts, attributes),
  };
}

function buildOptions(
  config: ScheduleConfig,
  integration: Scheduled,
  trigger: Trigger,
  parts: Parts,
  typedSearchAttributes: TypedSearchAttributes,
): ScheduleOptions {
  const labels = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([parts, config.TASK_QUEUE, labels]))
    .digest('hex')
    .slice(0, 16);
  const action = {
    type: 'startWorkflow' as const,
    workflowType: parts.workflowType,
    workflowId: parts.scheduleId,
    taskQueue: config.TASK_QUEUE,
    args: [parts.input],
    typedSearchAttributes,
    staticSummary: `${trigger === 'schedule' ? 'weekly full sync' : 'catch-up'} of ${integration.id}`,
    memo: { [FINGERPRINT]: fingerprint, when: parts.when },
    priority: { priorityKey: parts.priority, fairnessKey: fairnessKey(integration.id) },
  };
  return {
    scheduleId: parts.scheduleId,
    spec: parts.spec,
    action,
    policies: { overlap: 'SKIP', catchupWindow: CATCH_UP_WINDOW },
    ...(integration.status === 'paused' ? { state: { paused: true, note: `${PAUSE_NOTE}paused` } } : {}),
    typedSearchAttributes,
  };
}

async function ensure(client: Client, options: ScheduleOptions): Promise<EnsureResult> {
  const found = await describe(client, options.scheduleId);
  if (!found) {
    try {
      await client.schedule.create(options);
      return 'created';
    } catch (error) {
      // Another process was faster. Its schedule may come from other settings, so it is checked below.
      if (!(error instanceof ScheduleAlreadyRunning)) throw asRefusal(error);
    }
  }
  const isPausedAsWanted = found === undefined || (await ensurePause(client, found, options));
  const before = found?.action.memo?.[FINGERPRINT];
  if (before !== undefined && before === options.action.memo?.[FINGERPRINT]) {
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

/** The SDK throws a TypeError for a schedule that is not valid, as if it were a bug of ours. */
function asRefusal(error: unknown): unknown {
  return error instanceof TypeError ? new Refused(error.message, { cause: error }) : error;
}

/** Pauses or unpauses a schedule like its integration. A pause of yours stays. False if there was a change to make. */
async function ensurePause(
  client: Client,
  { scheduleId, state }: ScheduleDescription,
  options: ScheduleOptions,
): Promise<boolean> {
  const handle = client.schedule.getHandle(scheduleId);
  const { paused = false, note = '' } = options.state ?? {};
  const isOurs = state.note?.startsWith(PAUSE_NOTE) ?? false;
  if (state.paused && !isOurs) return true;
  if (paused === state.paused && (!paused || note === state.note)) return true;
  await ifThere(() => (paused ? handle.pause(note) : handle.unpause(`${PAUSE_NOTE}resumed`)));
  return false;
}
