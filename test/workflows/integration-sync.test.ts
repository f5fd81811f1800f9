import { expect, test } from 'vitest';
import { brief, signal, TestRun, T0, useWorkflows, update } from './harness.ts';
useWorkflows();
const input = { integrationId: 'demo:1', quietMs: 5000, maxWaitMs: 60000 };
test('x', async () => {
  const { run, commands } = await TestRun.start('integrationSync', input, { jobs: [signal('modelsChanged', { models: ['ats_jobs'] })] });
  console.log(brief(commands), commands);
  console.log(await run.activate([signal('modelsChanged', { models: ['ats_jobs', 'b'] })]));
  console.log(await run.advanceTo(T0 + 5000));
  console.log(await run.query('syncState'));
});
test('y', async () => {
  const { run, commands } = await TestRun.start('integrationSync', input, { jobs: [update('syncNow', {})] });
  console.log(brief(commands), commands);
});
