import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fullSyncScheduleId, catchUpScheduleId } from '../../src/domain/names.ts';
import { deleteSchedules } from '../../src/temporal/schedules.ts';
import { listFullSyncs, listSchedules } from '../../src/temporal/schedule-list.ts';
import { reconcileSchedules } from '../../src/temporal/reconcile.ts';
import { keepSchedules } from '../../src/worker/schedule-keeper.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testConfig } from '../http/support.ts';
import { testTemporal, uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';

const { client } = await testTemporal();

/** As a codec does whose key only its owner has. */
const encrypt = (payloads: Payload[]) =>
  Promise.resolve(
    payloads.map(() => ({
      metadata: { encoding: Buffer.from('binary/encrypted') },
      data: Buffer.from('unreadable'),
    })),
  );

/** Integrations of a service of their own, whose schedules are made and shown by lists. */
async function schedulesOf(count: number) {
  const store = await createTestStore();
  const config = testConfig({ TASK_QUEUE: uniqueTaskQueue(), CATCH_UP_INTERVAL: '2h' });
  const ids = Array.from({ length: count }, () => uniqueIntegrationId()).toSorted();
  onTestFinished(async () => {
    for (const id of ids) await deleteSchedules(client, id);
  });
  for (const id of ids) await saveIntegration(store, { id, tool: 'demo', category: 'LMS' });
  const reconcile = () => reconcileSchedules({ client, store, config });
  expect(await reconcile()).toMatchObject({ created: ids, failed: [] });
  const listed = async (id: string) => (await listSchedules(client)).get(fullSyncScheduleId(id));
  for (const id of ids) await eventually(async () => (await listed(id)) !== undefined);
  await eventually(async () => (await listSchedules(client)).has(catchUpScheduleId(ids.at(-1)!)));
  /** As if they had been made long enough ago for a list to show them. */
  const settle = () =>
    store.pool.query(`update kombo_sync.schedules set made_at = now() - interval '1 hour'`);
  return { store, config, ids, reconcile, listed, settle };
}

test('what is as it was made costs a list, and no request of its own', async () => {
  const { ids, reconcile } = await schedulesOf(3);
  const describe = vi.spyOn(client.workflowService, 'describeSchedule');
  onTestFinished(() => describe.mockRestore());
  expect(await reconcile()).toMatchObject({ created: [], updated: [], unchanged: ids.length });
  expect(describe).not.toHaveBeenCalled();
});

test('what another application has encrypted keeps no schedule of ours from being found', async () => {
  const scheduleId = `other/${uniqueTaskQueue()}`;
  const encrypted = { encode: encrypt, decode: (payloads: Payload[]) => Promise.resolve(payloads) };
  const { namespace } = client.options;
  const dataConverter = { payloadCodecs: [encrypted] };
  const other = new Client({ connection: client.connection, namespace, dataConverter });
  const action = { type: 'startWorkflow', workflowType: 'theirs', taskQueue: 'theirs' } as const;
  await other.schedule.create({ scheduleId, spec: {}, action, memo: { theirs: 'secret' } });
  onTestFinished(() => client.schedule.getHandle(scheduleId).delete());
  await eventually(async () => (await listSchedules(client)).has(scheduleId));
  const { reconcile, ids } = await schedulesOf(1);
  expect(await reconcile()).toMatchObject({ failed: [], unchanged: ids.length });
  expect((await listFullSyncs(client)).has(ids[0]!)).toBe(true);
});

test('what you deleted by hand is made again', async () => {
  const { ids, reconcile, listed } = await schedulesOf(2);
  const [id] = ids as [string, string];
  await client.schedule.getHandle(fullSyncScheduleId(id)).delete();
  await eventually(async () => (await listed(id)) === undefined);
  expect(await reconcile()).toMatchObject({ created: [id], unchanged: 1 });
});

test('what you paused or changed by hand is found, and stays so', async () => {
  const { ids, reconcile, listed, settle } = await schedulesOf(3);
  const [paused, changed] = ids as [string, string, string];
  await settle();
  expect(await reconcile()).toMatchObject({ pausedByHand: [], changedByHand: [] });
  await client.schedule.getHandle(fullSyncScheduleId(paused)).pause('holidays');
  const before = await listed(changed);
  const handle = client.schedule.getHandle(fullSyncScheduleId(changed));
  await handle.update(({ searchAttributes: _theirs, ...previous }) => ({
    ...previous,
    spec: { cronExpressions: ['0 5 1 * *'] },
  }));
  await eventually(async () => (await listed(paused))?.paused === true);
  await eventually(async () => (await listed(changed))?.shown !== before?.shown);
  expect(await reconcile()).toMatchObject({
    updated: [],
    unchanged: ids.length,
    pausedByHand: [fullSyncScheduleId(paused)],
    changedByHand: [fullSyncScheduleId(changed)],
  });
  expect((await handle.describe()).spec.calendars).toHaveLength(1);
});

test('one worker does it for all, when the settings have changed', async () => {
  const { store, config } = await schedulesOf(1);
  const describe = vi.spyOn(client.workflowService, 'listSchedules');
  onTestFinished(() => describe.mockRestore());
  const start = async (changed = config, count = 3) => {
    describe.mockClear();
    const log = pino({ level: 'silent' });
    const keepers = Array.from({ length: count }, () =>
      keepSchedules({ store, client, config: changed, log }),
    );
    await eventually(async () => {
      const { rows } = await store.pool.query<{ held: boolean }>(
        'select coalesce(held_until > now(), false) as held from kombo_sync.chores',
      );
      return rows[0]?.held === false;
    });
    await delay(200);
    for (const keeper of keepers) await keeper.stop();
    return describe.mock.calls.length;
  };
  expect(await start()).toBe(1);
  expect(await start()).toBe(0);
  const changed = testConfig({ TASK_QUEUE: config.TASK_QUEUE, CATCH_UP_INTERVAL: '3h' });
  expect(await start(changed)).toBe(1);
  await store.pool.query(`update kombo_sync.chores set done_at = now() - interval '25 hours'`);
  expect(await start(changed)).toBe(1);
});
