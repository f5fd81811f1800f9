import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ScheduleNotFoundError } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { REMOVED } from '../../src/domain/life.ts';
import type { SyncResult } from '../../src/domain/sync.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { remove } from '../../src/store/state/life.ts';
import { catchUpScheduleId, fullSyncScheduleId, fullSyncWorkflowId } from '../../src/domain/names.ts';
import { listSchedules } from '../../src/temporal/schedule-list.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { reconcileSchedules } from '../../src/temporal/reconcile.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';
import { createSystem } from './setup.ts';

const system = await createSystem();
const { control, temporal, config } = system;
const { client } = temporal;
await system.worker();
await system.server();

const labelsOf = async (workflowId: string) => {
  const { typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe();
  return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
};

test('(I18) the schedule comes with the integration and says when it runs next', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const { fullSync, catchUp } = await describeSchedule(client, id);
  expect(fullSync).toMatchObject({
    id: fullSyncScheduleId(id),
    paused: false,
    when: expect.stringMatching(/^cron .+ UTC$/) as string,
  });
  const next = fullSync!.nextRuns[0]!;
  expect(next.getTime()).toBeGreaterThan(Date.now());
  expect(next.getTime()).toBeLessThan(Date.now() + 8 * 86_400_000);
  expect(catchUp).toBeNull();
  // The catch-up reads what a long outage of the server missed; the server's own default is a year.
  const { policies } = await client.schedule.getHandle(fullSyncScheduleId(id)).describe();
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 12 * 3_600_000 });
});

test('a trigger runs a labelled full sync; a second trigger meanwhile is skipped', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const schedule = client.schedule.getHandle(fullSyncScheduleId(id));
  control.addFault({ kind: 'stall', ms: 20_000, integration: id, endpoint: '/lms/users' });
  control.clearRequests();
  await schedule.trigger('SKIP');
  const started = await eventually(async () => (await describeSchedule(client, id)).fullSync?.recentRuns[0]);
  await eventually(() => control.requests({ integrationId: id, path: '/lms/users' }).length === 1);
  expect(await labelsOf(started.workflowId)).toMatchObject({
    KomboIntegrationId: id,
    KomboTool: 'bombohr',
    KomboCategory: 'LMS',
    KomboTrigger: 'schedule',
    TemporalScheduledById: fullSyncScheduleId(id),
  });
  await schedule.trigger('SKIP');
  await eventually(async () => (await schedule.describe()).info.numActionsSkippedOverlap === 1);
  expect((await describeSchedule(client, id)).fullSync?.recentRuns).toHaveLength(1);

  // A webhook does not wait for the full sync that is under way.
  const [course] = control.ids(id, 'lms_courses') as [string];
  control.update(id, 'lms_courses', course, { remote_id: 'beside' });
  await control.flushWebhook(id);
  await system.arrives(id, 'lms_courses', course, 'beside');
  await system.settled(id);
  const full = client.workflow.getHandle(started.workflowId);
  expect((await full.describe()).status.name).toBe('RUNNING');
  await full.cancel();
  await expect(full.result()).rejects.toThrow(/cancelled/i);
});

test('changed settings change it, a pause stays, and a removed integration loses it', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const integration = (await findIntegration(system.store, id))!;
  expect(await ensureSchedules(client, config, integration)).toBe('unchanged');
  await client.schedule.getHandle(fullSyncScheduleId(id)).pause('holidays');
  const changed = loadConfig({
    ...system.environment,
    FULL_SYNC_CRON: '30 4 * * 3',
    FULL_SYNC_SPREAD: '0s',
    CATCH_UP_INTERVAL: '2h',
  });
  const reconciled = await reconcileSchedules({ client, store: system.store, config: changed });
  expect(reconciled.updated).toContain(id);
  expect(await describeSchedule(client, id)).toMatchObject({
    fullSync: { when: 'cron 30 4 * * 3 UTC', paused: true, note: 'holidays' },
    catchUp: { when: 'every 2h', paused: false },
  });

  control.setEnabled(id, false);
  await control.announce(id, 'integration-deleted');
  control.removeIntegration(id);
  await eventually(async () => {
    try {
      await client.schedule.getHandle(fullSyncScheduleId(id)).describe();
      return false;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return true;
      throw error;
    }
  });
  expect(await findIntegration(system.store, id)).toMatchObject({ status: 'removed' });
});

test('setup deletes schedules of removed and unknown integrations, but not new ones or those of another task queue', async () => {
  const [here, gone, unknown, late, elsewhere] = Array.from({ length: 5 }, () => uniqueIntegrationId()) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const about = { tool: 'bombohr', category: 'LMS' } as const;
  const settings = { ...config, TASK_QUEUE: uniqueTaskQueue(), CATCH_UP_INTERVAL: 3_600_000 };
  const store = await createTestStore();
  onTestFinished(async () => {
    for (const id of [here, gone, unknown, late, elsewhere]) await deleteSchedules(client, id);
  });
  for (const id of [here, gone]) await saveIntegration(store, { id, ...about });
  for (const id of [gone, unknown]) await ensureSchedules(client, settings, { id, ...about });
  await remove(store, gone, { code: REMOVED.byHand, message: 'It is not wanted.', at: new Date() });
  await saveIntegration(store, { id: late, ...about });
  await ensureSchedules(client, settings, { id: late, ...about });
  // Another service on the same server.
  await ensureSchedules(client, { ...settings, TASK_QUEUE: uniqueTaskQueue() }, { id: elsewhere, ...about });
  const listedIds = async () => [...(await listSchedules(client)).keys()];
  // A listing shows new schedules after a moment.
  await eventually(async () => {
    const ids = await listedIds();
    return [gone, unknown, late, elsewhere].every((id) => ids.includes(catchUpScheduleId(id)));
  });

  const { created, updated, deleted } = await reconcileSchedules({ client, store, config: settings });
  expect({ created, updated, deleted: deleted.toSorted() }).toEqual({
    created: [here],
    updated: [],
    deleted: [gone, unknown].flatMap((id) => [fullSyncScheduleId(id), catchUpScheduleId(id)]).toSorted(),
  });
  for (const id of [here, late, elsewhere]) {
    expect(await describeSchedule(client, id)).toMatchObject({ fullSync: {}, catchUp: {} });
  }
  for (const id of [gone, unknown]) {
    expect(await describeSchedule(client, id)).toEqual({ fullSync: null, catchUp: null });
  }
});

test('the plain temporal command starts a full sync, and the run labels itself', async () => {
  const id = system.integration();
  const args = ['workflow', 'start', '--type', 'fullSync', '--task-queue', config.TASK_QUEUE]
    .concat('--workflow-id', fullSyncWorkflowId(id), '--input', JSON.stringify({ integrationId: id }))
    .concat('--address', inject('temporalAddress'));
  await promisify(execFile)(inject('temporalCli'), args);
  const result = (await client.workflow.getHandle(fullSyncWorkflowId(id)).result()) as SyncResult;
  expect(result).toMatchObject({
    status: 'completed',
    endpoints: { '/lms/users': { kind: 'full', counts: { created: 20 } } },
  });
  expect(await labelsOf(fullSyncWorkflowId(id))).toMatchObject({
    KomboIntegrationId: id,
    KomboTool: 'bombohr',
    KomboCategory: 'LMS',
    KomboTrigger: 'manual',
  });
});

test('(I15) (I16) a full sync repairs what deltas never showed, and one by hand runs at a time', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const [gone, forged] = control.ids(id, 'lms_users') as [string, string];
  control.vanish(id, 'lms_users', gone);
  await system.store.pool.query(
    `update kombo.lms_users set deleted_at = now() where integration_id = $1 and id = $2`,
    [id, forged],
  );
  const first = await startFullSync(client, config, { integrationId: id });
  const second = await startFullSync(client, config, { integrationId: id });
  expect(second).toMatchObject({ alreadyRunning: true, runId: first.runId });
  const result = await first.handle.result();
  expect(result.endpoints['/lms/users']).toMatchObject({
    drift: { wronglyLive: 1, wronglyDeleted: 1 },
    sweep: { deleted: 1 },
  });
  const { rows } = await system.store.pool.query<{ id: string }>(
    'select id from kombo.lms_users where integration_id = $1 and deleted_at is not null',
    [id],
  );
  expect(rows).toEqual([{ id: gone }]);
});
