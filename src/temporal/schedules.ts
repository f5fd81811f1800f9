import { createHash } from 'node:crypto';
import {
  ScheduleAlreadyRunning,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Config } from '../config.ts';
import { runsLeftOut } from '../domain/clock-changes.ts';
import { defined } from '../domain/defined.ts';
import { formatDuration } from '../domain/duration.ts';
import { spreadCron, spreadOffset } from '../domain/spread.ts';
import type { FullSyncInput, IntegrationSyncInput, Trigger } from '../domain/sync.ts';
import type { Integration } from '../store/state/integrations.ts';
import { toSearchAttributes } from './search-attributes.ts';
import { catchUpScheduleId, fairnessKey, fullSyncScheduleId, WORKFLOW_TYPES } from '../domain/names.ts';
import { describe, ifThere, PAUSE_NOTE, remove } from './schedule-state.ts';

export type ScheduleConfig = Pick<
  Config,
  'TASK_QUEUE' | 'FULL_SYNC_CRON' | 'FULL_SYNC_TIMEZONE' | 'FULL_SYNC_SPREAD' | 'CATCH_UP_INTERVAL'
>;
type Scheduled = Pick<Integration, 'id' | 'tool' | 'category'> &
  Partial<Pick<Integration, 'status' | 'statusReason'>>;
export const ENSURE_RESULTS = ['created', 'updated', 'unchanged'] as const;
export type EnsureResult = (typeof ENSURE_RESULTS)[number];

/** A server that was down for longer than this skips what it missed; the server's own default is a year. */
const CATCH_UP_WINDOW = '12h';
/** Where a schedule keeps the fingerprint of what it was made from. */
const FINGERPRINT = 'komboSync';

/**
 * Creates the schedules of an integration, or brings them up to the settings and to its status. One that was paused by hand
 * stays paused.
 *
 * @param now its year says for which years changes of the clocks are looked up.
 */
export async function ensureSchedules(
  client: Client,
  config: ScheduleConfig,
  integration: Scheduled,
  now = new Date(),
): Promise<EnsureResult> {
  const results = [await ensure(client, fullSyncSchedule(config, integration, now))];
  if (config.CATCH_UP_INTERVAL === null) await remove(client, catchUpScheduleId(integration.id));
  else results.push(await ensure(client, catchUpSchedule(config, integration, config.CATCH_UP_INTERVAL)));
  return results.find((result) => result !== 'unchanged') ?? 'unchanged';
}

export async function deleteSchedules(client: Client, integrationId: string): Promise<void> {
  await remove(client, fullSyncScheduleId(integrationId));
  await remove(client, catchUpScheduleId(integrationId));
}

/**
 * Makes the schedules in Temporal what the integrations and settings say: missing ones are created, changed ones updated,
 * those of integrations that are gone deleted. Schedules of another task queue are left alone.
 *
 * @param find reads an integration as it is now: with thousands of them the list is minutes old when something is deleted.
 */
export async function reconcileSchedules(
  client: Client,
  config: ScheduleConfig,
  integrations: readonly (Scheduled & Pick<Integration, 'status'>)[],
  find: (integrationId: string) => Promise<Pick<Integration, 'status'> | undefined>,
): Promise<{ created: string[]; updated: string[]; deleted: string[]; unchanged: number }> {
  const kept = integrations.filter((integration) => integration.status !== 'removed');
  const result = { created: [] as string[], updated: [] as string[], deleted: [] as string[], unchanged: 0 };
  const queue = [...kept];
  const work = async () => {
    for (let integration = queue.shift(); integration; integration = queue.shift()) {
      const done = await ensureSchedules(client, config, integration);
      if (done === 'unchanged') result.unchanged += 1;
      else result[done].push(integration.id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));

  const wanted = new Set(kept.flatMap(({ id }) => [fullSyncScheduleId(id), catchUpScheduleId(id)]));
  for await (const { scheduleId } of client.schedule.list()) {
    const integrationId = /^(?:full-sync|catch-up)\/(.*)$/s.exec(scheduleId)?.[1];
    if (integrationId === undefined || wanted.has(scheduleId)) continue;
    const found = await describe(client, scheduleId);
    if (found?.action.taskQueue !== config.TASK_QUEUE) continue;
    // An integration is stored before it gets schedules, so what is there now may be later than the list.
    const integration = await find(integrationId);
    if (integration && integration.status !== 'removed') continue;
    await remove(client, scheduleId);
    result.deleted.push(scheduleId);
  }
  return result;
}

function fullSyncSchedule(config: ScheduleConfig, integration: Scheduled, now: Date): ScheduleOptions {
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

/** The catch-up is an `integrationSync` of its own that reads every endpoint at once; passes may overlap, by design. */
function catchUpSchedule(config: ScheduleConfig, integration: Scheduled, everyMs: number): ScheduleOptions {
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

function build(
  config: ScheduleConfig,
  integration: Scheduled,
  trigger: Trigger,
  parts: Parts,
): ScheduleOptions {
  const typedSearchAttributes = toSearchAttributes({
    integrationId: integration.id,
    trigger,
    tool: integration.tool,
    category: integration.category,
  });
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([parts, config.TASK_QUEUE, integration.tool, integration.category]))
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
    ...(integration.status === 'paused'
      ? { state: { paused: true, note: `${PAUSE_NOTE}paused` } }
      : {}),
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
      // Another process was faster; what there is may still be of other settings.
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    }
  }
  const isPausedAsWanted = found === undefined || (await ensurePause(client, found, options));
  const before = found?.action.memo?.[FINGERPRINT];
  if (before !== undefined && before === options.action.memo?.[FINGERPRINT]) {
    return isPausedAsWanted ? 'unchanged' : 'updated';
  }
  await client.schedule.getHandle(options.scheduleId).update((previous) => ({
    ...previous,
    spec: options.spec,
    action: options.action,
    policies: { ...previous.policies, ...options.policies },
  }));
  return 'updated';
}

/** Pauses a schedule or ends that, as the integration is. What was paused by hand stays so. False when that was to do. */
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
