import { expect, onTestFinished, test, vi } from 'vitest';
import { checkSchedules, findSchedules } from '../../src/doctor/schedules.ts';
import { fullSyncScheduleId } from '../../src/domain/names.ts';
import { listIntegrations, saveIntegration } from '../../src/store/state/integrations.ts';
import { pause } from '../../src/store/state/life.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { testConfig } from '../http/support.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal, uniqueIntegrationId } from '../support/temporal.ts';

const temporal = await testTemporal();
const { client } = temporal;

async function integrations(count: number) {
  const store = await createTestStore();
  const ids = Array.from({ length: count }, () => uniqueIntegrationId()).toSorted();
  onTestFinished(async () => {
    for (const id of ids) await deleteSchedules(client, id);
  });
  for (const id of ids)
    await ensureSchedules(
      client,
      testConfig(),
      await saveIntegration(store, { id, tool: 'demo', category: 'LMS' }),
    );
  return { store, ids, list: () => listIntegrations(store) };
}

test('schedules that are missing are named, and what you paused by hand is a warning', async () => {
  const { ids, list } = await integrations(2);
  const [missing, paused] = ids as [string, string];
  const check = async () =>
    checkSchedules(await list(), await findSchedules(temporal, [], { listWithinMs: 30_000 }));
  await eventually(async () => (await check()).status === 'ok');
  await client.schedule.getHandle(fullSyncScheduleId(paused)).pause('holidays');
  await eventually(async () => (await check()).status === 'warn');
  expect((await check()).message).toBe(`1 of 2 are paused by hand in Temporal: ${paused}`);
  await client.schedule.getHandle(fullSyncScheduleId(missing)).delete();
  await eventually(async () => (await check()).status === 'fail');
  expect((await check()).message).toBe(`1 of 2 active integrations have none: ${missing}`);
});

test('where a list takes too long, their number says whether any is missing', async () => {
  const { store, ids, list } = await integrations(3);
  await pause(store, ids[0]!, 'It has a schedule too.');
  const found = await findSchedules(temporal, [], { listWithinMs: 0 });
  if (!('count' in found)) throw new Error('They were listed.');
  await eventually(async () => {
    const now = await findSchedules(temporal, [], { listWithinMs: 0 });
    return 'count' in now && now.count >= 3;
  });
  expect(checkSchedules(await list(), { count: 3 })).toMatchObject({ status: 'ok' });
  expect(checkSchedules(await list(), { count: 1 })).toMatchObject({
    status: 'fail',
    message: '2 of 3 integrations have none',
  });
});

test('more schedules than a server lists in time are only counted', async () => {
  await integrations(2);
  await eventually(async () => {
    const now = await findSchedules(temporal, [], { listWithinMs: 0 });
    return 'count' in now && now.count >= 2;
  });
  const list = vi.spyOn(client.workflowService, 'listSchedules');
  onTestFinished(() => list.mockRestore());
  expect(await findSchedules(temporal, [], { most: 1 })).toHaveProperty('count');
  expect(list).not.toHaveBeenCalled();
});
