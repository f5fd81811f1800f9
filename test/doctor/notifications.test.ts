import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkNotifications } from '../../src/doctor/notifications.ts';
import { CONDITIONS_TURN } from '../../src/operations/tell.ts';
import { noteTry } from '../../src/store/state/told.ts';
import { takeTurn } from '../../src/store/state/turns.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
const on = loadConfig({ NOTIFY_SLACK_URL: 'https://hooks.slack.com/services/T/B/secret-part' });

test('the doctor says whether notifications are on and taken, and why one is not', async () => {
  expect(await checkNotifications(store, loadConfig({}))).toMatchObject({
    status: 'ok',
    message: 'off (NOTIFY_URL and NOTIFY_SLACK_URL are not set)',
  });
  const unlooked = await checkNotifications(store, on);
  expect(unlooked).toMatchObject({
    status: 'warn',
    message: 'no worker has looked for anything to tell in the last minutes',
  });
  expect(unlooked.remedy).toContain('the same NOTIFY_ settings');
  await takeTurn(store, CONDITIONS_TURN, 60_000);
  expect(await checkNotifications(store, on)).toMatchObject({ status: 'ok', message: 'sent to slack' });
  await store.pool.query(`update kombo_sync.turns set next_at = now() - interval '5 minutes'`);
  expect(await checkNotifications(store, on)).toMatchObject({ status: 'warn' });
  await store.pool.query(`update kombo_sync.turns set next_at = now()`);
  await store.pool.query(
    `insert into kombo_sync.notifications (id, target, body) values ('msg_1', 'slack', '{}')`,
  );
  expect(await checkNotifications(store, on)).toMatchObject({ status: 'ok' });
  await store.pool.query(`update kombo_sync.notifications set created_at = now() - interval '10 minutes'`);
  const unsent = await checkNotifications(store, on);
  expect(unsent).toMatchObject({ status: 'warn' });
  expect(unsent.message).toContain('no worker has tried to send it');
  await noteTry(store, 'msg_1', 'answered HTTP 500');
  const refused = await checkNotifications(store, on);
  expect(refused.message).toMatch(/after 1 tries: the receiver answered HTTP 500$/);
  expect(refused.remedy).toContain('kombo-sync notify test');
  await noteTry(store, 'msg_1', null);
  expect(await checkNotifications(store, on)).toMatchObject({ status: 'ok' });
});
