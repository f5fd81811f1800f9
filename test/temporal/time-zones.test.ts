import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { testTemporal, uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';

const { client } = await testTemporal();

test.for([
  'utc',
  'europe/berlin',
  'US/Eastern',
  'us/eastern',
  'Europe/Kyiv',
  'asia/kolkata',
  'gmt',
  'Etc/GMT-2',
])('the server accepts the time zone that is made of %s', async (FULL_SYNC_TIMEZONE, { onTestFinished }) => {
  const id = uniqueIntegrationId();
  onTestFinished(() => deleteSchedules(client, id));
  const config = loadConfig({ FULL_SYNC_TIMEZONE, TASK_QUEUE: uniqueTaskQueue() });
  expect(await ensureSchedules(client, config, { id, tool: 'demo', category: 'ATS' })).toBe('created');
});

test('if the server refuses a time zone, the error says so', async () => {
  const config = { ...loadConfig({ TASK_QUEUE: uniqueTaskQueue() }), FULL_SYNC_TIMEZONE: 'europe/berlin' };
  const made = ensureSchedules(client, config, { id: uniqueIntegrationId(), tool: 'demo', category: 'ATS' });
  await expect(made).rejects.toMatchObject({ name: 'Refused', message: 'unknown time zone europe/berlin' });
});
