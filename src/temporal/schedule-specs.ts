import { createHash } from 'node:crypto';
import type { ScheduleOptions } from '@temporalio/client';
import type { TypedSearchAttributes } from '@temporalio/common';
import type { Config } from '../config.ts';
import { runsLeftOut } from '../domain/clock-changes.ts';
import { defined } from '../domain/defined.ts';
import { formatDuration } from '../domain/duration.ts';
import {
  catchUpScheduleId,
  fairnessKey,
  fullSyncQueue,
  fullSyncScheduleId,
  WORKFLOW_TYPES,
  type Labels,
} from '../domain/names.ts';
import { spreadCron, spreadOffset } from '../domain/spread.ts';
import type { FullSyncInput, IntegrationSyncInput, Trigger } from '../domain/sync.ts';
import { writtenBy, type PayloadSettings } from '../settings/payloads.ts';
import type { Integration } from '../store/state/integrations.ts';
import { OWNER } from './schedule-list.ts';
import { PAUSE_NOTE } from './schedule-state.ts';

export type ScheduleConfig = Pick<
  Config,
  'TASK_QUEUE' | 'FULL_SYNC_CRON' | 'FULL_SYNC_TIMEZONE' | 'FULL_SYNC_SPREAD' | 'CATCH_UP_INTERVAL'
> &
  PayloadSettings;
export type Scheduled = Pick<Integration, 'id' | 'tool' | 'category'> &
  Partial<Pick<Integration, 'status' | 'statusReason'>>;

/** A server that was down for longer than this skips what it missed; the server's own default is a year. */
const CATCH_UP_WINDOW = '12h';
/** Where an action keeps the fingerprint of what it was made from. */
const FINGERPRINT = 'komboSync';

/** A schedule, but for those of its labels that the namespace cannot take. */
export interface WantedSchedule {
  scheduleId: string;
  labels: Labels;
  options(attributes: TypedSearchAttributes): ScheduleOptions;
}

/**
 * The schedules that an integration is to have.
 *
 * @param now its year says for which years changes of the clocks are looked up.
 */
export function wantedSchedules(config: ScheduleConfig, integration: Scheduled, now: Date): WantedSchedule[] {
  const { CATCH_UP_INTERVAL: everyMs } = config;
  return [
    fullSyncSchedule(config, integration, now),
    ...(everyMs === null ? [] : [catchUpSchedule(config, integration, everyMs)]),
  ];
}

/** What a schedule was made from; undefined for one that is not ours. */
export function fingerprintOf(action: { memo?: Record<string, unknown> | undefined }): string | undefined {
  const found = action.memo?.[FINGERPRINT];
  return typeof found === 'string' ? found : undefined;
}

/** What the schedules of all integrations depend on beside the integrations themselves. */
export function settingsVersion(config: ScheduleConfig): string {
  const { TASK_QUEUE, FULL_SYNC_CRON, FULL_SYNC_TIMEZONE, FULL_SYNC_SPREAD, CATCH_UP_INTERVAL } = config;
  const spec = [FULL_SYNC_CRON, FULL_SYNC_TIMEZONE, FULL_SYNC_SPREAD, CATCH_UP_INTERVAL];
  return digest([FORM, TASK_QUEUE, ...spec, writtenBy(config)]);
}

/** Goes up when this file makes other schedules of the same settings. */
const FORM = 1;

function fullSyncSchedule(config: ScheduleConfig, integration: Scheduled, now: Date): WantedSchedule {
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
    taskQueue: fullSyncQueue(config.TASK_QUEUE),
    input,
    priority: 4,
  });
}

/** The catch-up is an `integrationSync` of its own that reads every endpoint at once; passes may overlap, by design. */
function catchUpSchedule(config: ScheduleConfig, integration: Scheduled, everyMs: number): WantedSchedule {
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
    taskQueue: config.TASK_QUEUE,
    input,
    priority: 3,
  });
}

interface Parts {
  scheduleId: string;
  when: string;
  spec: ScheduleOptions['spec'];
  workflowType: string;
  taskQueue: string;
  input: FullSyncInput | IntegrationSyncInput;
  priority: number;
}

function build(
  config: ScheduleConfig,
  integration: Scheduled,
  trigger: Trigger,
  parts: Parts,
): WantedSchedule {
  const { id: integrationId, tool, category } = integration;
  return {
    scheduleId: parts.scheduleId,
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
  const { scheduleId, spec, workflowType, taskQueue, input, when, priority } = parts;
  const labels = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
  const action = {
    type: 'startWorkflow' as const,
    workflowType,
    workflowId: scheduleId,
    taskQueue,
    args: [input],
    typedSearchAttributes,
    staticSummary: `${trigger === 'schedule' ? 'weekly full sync' : 'catch-up'} of ${integration.id}`,
    memo: { [FINGERPRINT]: digest([parts, labels, writtenBy(config)]), when },
    priority: { priorityKey: priority, fairnessKey: fairnessKey(integration.id) },
  };
  return {
    scheduleId,
    spec,
    action,
    policies: { overlap: 'SKIP', catchupWindow: CATCH_UP_WINDOW },
    ...(integration.status === 'paused' ? { state: { paused: true, note: `${PAUSE_NOTE}paused` } } : {}),
    // A list of schedules shows this, and not what they start.
    memo: { [OWNER]: config.TASK_QUEUE },
    typedSearchAttributes,
  };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
