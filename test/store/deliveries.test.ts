import { expect, test } from 'vitest';
import {
  addDeliveries,
  listDeliveries,
  noteServed,
  type DeliveryCount,
} from '../../src/store/state/deliveries.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));
const count = (more: Partial<DeliveryCount>): DeliveryCount => ({
  integrationId: 'demo:1',
  type: 'data-changed',
  outcome: 'accepted',
  times: 1,
  firstAt: at(1),
  lastAt: at(1),
  ...more,
});

test('deliveries of all processes are added up by integration, type and outcome', async () => {
  await addDeliveries(store, []);
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      addDeliveries(store, [
        count({ times: 2, lastAt: at(index + 1) }),
        count({ integrationId: '', type: 'x' }),
      ]),
    ),
  );
  await addDeliveries(store, [count({ type: 'sync-finished', outcome: 'legacy-off', lastAt: at(50) })]);
  const { integrationId, ...dataChanged } = count({ times: 40, lastAt: at(20) });
  expect(await listDeliveries(store, integrationId)).toEqual([
    { ...dataChanged, type: 'sync-finished', outcome: 'legacy-off', times: 1, lastAt: at(50) },
    dataChanged,
  ]);
  expect(await listDeliveries(store, '')).toMatchObject([{ type: 'x', outcome: 'accepted', times: 20 }]);
  expect(await listDeliveries(store, 'demo:2')).toEqual([]);
});

test('what a sync has served is noted once, even if it is planned again', async () => {
  const served = [{ type: 'data-changed', times: 2, firstAt: at(1).getTime(), lastAt: at(2).getTime() }];
  await noteServed(store, 'demo:1', 'run/1', []);
  await noteServed(store, 'demo:1', 'run/1', served);
  await noteServed(store, 'demo:1', 'run/1', served);
  const { rows } = await store.pool.query('select * from kombo_sync.sync_deliveries');
  expect(rows).toEqual([
    {
      sync_id: 'run/1',
      integration_id: 'demo:1',
      type: 'data-changed',
      times: 2,
      read: false,
      first_at: at(1),
      last_at: at(2),
    },
  ]);
});
