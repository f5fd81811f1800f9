import { expect, test } from 'vitest';
import { checkPriorities } from '../../src/doctor/temporal-priorities.ts';
import { connectTemporal } from '../../src/temporal/connect.ts';
import { startImpatientServer } from '../e2e/impatient-server.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal } from '../support/temporal.ts';

// At the top: what is begun inside a test is not ended after it.
const withoutPriorities = await startImpatientServer();

test('a server that has priorities switched on says so, and nothing of the try is left running', async () => {
  const temporal = await testTemporal();
  expect(await checkPriorities(temporal)).toMatchObject([{ name: 'Priorities', status: 'ok' }]);
  const running = `WorkflowId STARTS_WITH 'kombo-sync/doctor/' and ExecutionStatus = 'Running'`;
  // The server's list of runs follows what happens to them a moment later.
  await eventually(async () => (await temporal.client.workflow.count(running)).count === 0);
});

test('a server with the defaults of 1.29 is found out, and the switch is named', async () => {
  process.env['TEMPORAL_ADDRESS'] = withoutPriorities;
  const temporal = await connectTemporal('20s');
  const found = await checkPriorities(temporal);
  await temporal.close();
  expect(found).toMatchObject([
    { status: 'warn', remedy: expect.stringContaining('matching.enableFairness') as string },
  ]);
});
