import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { fullSync } from '../../src/operations/syncs.ts';
import { pauseIntegration } from '../../src/operations/integrations.ts';
import { readHistory } from '../../src/store/state/endpoint-history.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { remove, resume } from '../../src/store/state/life.ts';
import { createLifecycle } from '../../src/temporal/lifecycle.ts';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { settleIntegration } from '../../src/temporal/settle.ts';
import { startHousekeeping } from '../../src/worker/housekeeping.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

// Any worker repairs what broke off between Postgres and Temporal, or was ended from outside.
const system = await createSystem();
const { control, store, temporal, config } = system;
const { client } = temporal;
const lifecycle = createLifecycle(client, config);
await system.worker();
await system.server();

/** The rounds of a worker, as if time passed faster. */
function keepHouse(
  settle = (id: string) => settleIntegration({ store, lifecycle }, id),
  eraseDeletedAfterMs: number | null = null,
) {
  const house = startHousekeeping({
    store,
    client,
    settle,
    wake: (id) => lifecycle.wake(id),
    settings: ALL_MODELS,
    eraseDeletedAfterMs,
    notifyChanges: () => {},
    log: pino({ level: 'silent' }),
    everyMs: 100,
  });
  onTestFinished(() => house.stop());
}
/** Makes everything in Postgres that much older. */
const age = (id: string, minutes: number) =>
  Promise.all([
    store.pool.query(
      `update kombo_sync.integrations set temporal_due_at = temporal_due_at - $2 * interval '1 minute' where id = $1`,
      [id, minutes],
    ),
    store.pool.query(
      `update kombo_sync.passes set active_at = active_at - $2 * interval '1 minute' where integration_id = $1`,
      [id, minutes],
    ),
    store.pool.query(
      `update kombo_sync.debts set since = since - $2 * interval '1 minute' where integration_id = $1`,
      [id, minutes],
    ),
  ]);
const schedule = async (id: string) => (await describeSchedule(client, id)).fullSync;

test('(I28) a worker creates schedules that a process did not create because it stopped', async () => {
  const id = system.integration();
  await saveIntegration(store, { id, tool: 'bombohr', category: 'LMS' });
  await age(id, 5);
  expect(await schedule(id)).toBeNull();
  keepHouse();
  await eventually(async () => (await schedule(id))?.paused === false);
  await eventually(async () => (await system.known(id))?.temporalDueAt === null);
});

test('(I28) schedules run again after a resume that broke off before it unpaused them', async () => {
  const id = system.integration();
  await system.firstSync(id);
  await pauseIntegration(system.operator, id, 'audit');
  expect(await schedule(id)).toMatchObject({ paused: true });
  await resume(store, id);
  await age(id, 5);
  keepHouse();
  await eventually(async () => (await schedule(id))?.paused === false);
});

test('(I6) (I28) what a pause kept is read after a resume that broke off before it signalled a sync', async () => {
  const id = system.integration();
  await system.firstSync(id);
  await pauseIntegration(system.operator, id, 'audit');
  const [user] = control.ids(id, 'lms_users') as [string];
  control.update(id, 'lms_users', user, { remote_id: 'after the pause' });
  await system.tell(id, ['lms_users']);
  await eventually(async () => (await system.debts(id)).has('/lms/users'));
  await system.settled(id);
  await resume(store, id);
  await age(id, 5);
  keepHouse();
  expect(await system.arrives(id, 'lms_users', user, 'after the pause')).toBe(true);
});

test('(I28) a parked integration is looked up again although its sync was terminated', async () => {
  const id = system.integration({ setupStatus: 'FINAL_SYNC_PENDING' });
  await control.announce(id, 'integration-created');
  await eventually(async () => (await system.known(id))?.status === 'parked');
  await client.workflow.getHandle(syncWorkflowId(id)).terminate('by hand');
  control.setIntegration(id, { setupStatus: 'COMPLETED' });
  await store.pool.query(
    `update kombo_sync.integrations set retry_at = now() - interval '2 minutes' where id = $1`,
    [id],
  );
  keepHouse();
  expect(await eventually(async () => (await system.known(id))?.status === 'active')).toBe(true);
});

test('(I28) an integration that cannot be settled does not keep others from being settled', async () => {
  const [stuck, other] = [system.integration(), system.integration()];
  for (const id of [stuck, other]) await system.firstSync(id);
  // Both at once, because the worker would settle the first one while the second is read.
  for (const id of [stuck, other]) {
    await remove(store, id, { code: 'RemovedByHand', message: 'by ops', at: new Date() });
    await age(id, id === stuck ? 10 : 5);
  }
  const tried: string[] = [];
  keepHouse(async (id) => {
    tried.push(id);
    if (id === stuck) throw new Error('14 UNAVAILABLE');
    return settleIntegration({ store, lifecycle }, id);
  });
  await eventually(async () => (await schedule(other)) === null);
  // The oldest first.
  expect(tried.slice(0, 2)).toEqual([stuck, other]);
});

test('(I6) (I28) what a terminated sync had to read is read', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const [user] = control.ids(id, 'lms_users') as [string];
  control.update(id, 'lms_users', user, { remote_id: 'after the end' });
  control.addFault({ kind: 'stall', ms: 5_000, integration: id, endpoint: '/lms/users' });
  const before = system.reads(id).length;
  await system.tell(id, ['lms_users']);
  await eventually(() => system.reads(id).length > before);
  expect((await system.debts(id)).has('/lms/users')).toBe(true);
  await client.workflow.getHandle(syncWorkflowId(id)).terminate('by hand');
  await age(id, 5);
  keepHouse();
  expect(await system.arrives(id, 'lms_users', user, 'after the end')).toBe(true);
  await eventually(async () => (await system.debts(id)).size === 0);
});

test('(I18) a pass whose workflow was terminated is not shown as running for days', async () => {
  const id = system.integration();
  await system.firstSync(id);
  control.addFault({
    kind: 'stall',
    ms: 5_000,
    integration: id,
    endpoint: '/lms/users',
    reads: 'full',
    count: 'always',
  });
  const { workflowId } = await fullSync(system.operator, id, { models: ['lms_users'] });
  const state = async () => {
    const { rows } = await store.pool.query<{ state: string }>(
      `select state from kombo_sync.passes where integration_id = $1 and workflow_id = $2`,
      [id, workflowId],
    );
    return rows[0]?.state;
  };
  await eventually(async () => (await state()) === 'running');
  keepHouse();
  await age(id, 5);
  // An open run is left alone, however long it has been silent.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await state()).toBe('running');
  await client.workflow.getHandle(workflowId).terminate('by hand');
  await age(id, 5);
  await eventually(async () => (await state()) === 'abandoned');
  const { besideFullSync } = await readHistory(store, id, ['/lms/users']);
  expect(besideFullSync).toBe(false);
});

test('the fields of deleted records are erased when ERASE_DELETED_AFTER is over, and not if it is off', async () => {
  const id = system.integration();
  await system.firstSync(id);
  await store.pool.query(
    `update kombo.lms_users set deleted_at = now() - interval '15 days' where integration_id = $1`,
    [id],
  );
  const kept = async () => {
    const { rows } = await store.pool.query<{ kept: number }>(
      `select count(*)::int as kept from kombo.lms_users where integration_id = $1 and erased_at is null`,
      [id],
    );
    return rows[0]!.kept;
  };
  const before = await kept();
  keepHouse();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await kept()).toBe(before);
  keepHouse(undefined, 14 * 86_400_000);
  await eventually(async () => (await kept()) === 0);
  expect(before).toBeGreaterThan(0);
});
