import { ServiceError, type Client } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { createSandbox } from '../../sandbox/index.ts';
import { loadConfig } from '../../src/config.ts';
import { addDemoIntegrations } from '../../src/dev/demo/integrations.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { deleteSchedules } from '../../src/temporal/schedules.ts';
import { createTestStore } from '../support/database.ts';
import { testTemporal, uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';

const store = await createTestStore();
const { client } = await testTemporal();

test('a request about a schedule is repeated if the server loses it or fails to answer', async () => {
  const id = uniqueIntegrationId();
  const sandbox = createSandbox({ apiKey: 'ks_test', integrations: [{ id, category: 'LMS', scale: 0 }] });
  onTestFinished(() => sandbox.close());
  const config = loadConfig({
    KOMBO_API_KEY: 'ks_test',
    KOMBO_API_URL: await sandbox.listen(),
    TASK_QUEUE: uniqueTaskQueue(),
  });

  // No worker runs this workflow, so a request for its result gets no answer.
  const start = { workflowId: `nobody/${id}`, taskQueue: config.TASK_QUEUE };
  const nobody = await client.workflow.start('fullSync', start);
  onTestFinished(async () => {
    await nobody.terminate();
    await deleteSchedules(client, id);
  });
  const internal = Object.assign(new Error('13 INTERNAL'), { code: 13, details: '', metadata: {} });
  let asked = 0;
  const getHandle = (scheduleId: string) => {
    const handle = client.schedule.getHandle(scheduleId);
    const describe = async () => {
      asked += 1;
      if (asked === 1) return nobody.result();
      if (asked === 2) throw new ServiceError('Failed to describe schedule', { cause: internal });
      return handle.describe();
    };
    return Object.create(handle, { describe: { value: describe } }) as typeof handle;
  };
  const schedule = Object.create(client.schedule, { getHandle: { value: getHandle } }) as Client['schedule'];
  const losing = Object.create(client, { schedule: { value: schedule } }) as Client;

  const added = await addDemoIntegrations({ config, store, client: losing, sandbox, answerMs: 500 });
  expect(added.map((integration) => integration.id)).toEqual([id]);
  expect(asked).toBeGreaterThan(3);
  expect((await describeSchedule(client, id)).fullSync).toMatchObject({ paused: false });
});
