import { beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkConsumers } from '../../src/doctor/consumers.ts';
import { tag, writeTags } from '../consumer/support.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
const config = loadConfig({});
await writeTags(store, [tag('a', 'x'), tag('b', 'x')]);

const unreadFor = (age: string) =>
  store.pool.query('update kombo_sync.changes set at = now() - $1::interval', [age]);

beforeEach(async () => {
  await store.pool.query('truncate kombo_sync.consumers cascade');
  await store.pool.query(`insert into kombo_sync.consumers (name, seq) values ('search-index', 0)`);
});

test('without a consumer, and with one that is not far behind, all is well', async () => {
  await unreadFor('1 day');
  expect(await checkConsumers(store, config)).toMatchObject({
    status: 'ok',
    message: '1 registered, none far behind',
  });
  await store.pool.query('delete from kombo_sync.consumers');
  expect(await checkConsumers(store, config)).toMatchObject({ status: 'ok', message: 'none is registered' });
});

test('a consumer is named once seven tenths of the time have passed for which its changes are kept', async () => {
  await unreadFor('20 days');
  expect(await checkConsumers(store, config)).toMatchObject({ status: 'ok' });
  await unreadFor('22 days');
  const late = await checkConsumers(store, config);
  expect(late).toMatchObject({
    status: 'warn',
    message: 'search-index (528 h behind): what they have not read is soon removed',
  });
  expect(late.remedy).toContain('kombo-sync consumers remove <name>');
  expect(late.remedy).toContain('CONSUMER_MAX_LAG');
  // The longer of the two settings counts.
  expect(await checkConsumers(store, loadConfig({ CONSUMER_MAX_LAG: '90d' }))).toMatchObject({
    status: 'ok',
  });
  expect(await checkConsumers(store, loadConfig({ CHANGES_RETENTION: '90d' }))).toMatchObject({
    status: 'ok',
  });
});

test('a consumer that fails, or has skipped a change, is named with the command that says why', async () => {
  await unreadFor('1 minute');
  await store.pool.query(`update kombo_sync.consumers set last_error = 'cannot digest'`);
  const failing = await checkConsumers(store, config);
  expect(failing).toMatchObject({ status: 'warn', message: 'search-index cannot handle a change' });
  expect(failing.remedy).toContain('kombo-sync consumers show <name>');
  expect(JSON.stringify(failing)).not.toContain('cannot digest');
  await store.pool.query(`update kombo_sync.consumers set last_error = null`);
  await store.pool.query(
    `insert into kombo_sync.consumer_failures (consumer, seq, integration_id, table_name, id, op, at, error)
     values ('search-index', 1, 'a:1', 'ats_tags', 'a', 'created', now(), 'x')`,
  );
  expect(await checkConsumers(store, config)).toMatchObject({ status: 'warn' });
});
