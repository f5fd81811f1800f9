import { expect, test } from 'vitest';
import { listActs } from '../support/acts.ts';
import { audited } from '../../src/operations/audited.ts';
import { fullSyncAll } from '../../src/operations/syncs.ts';
import { openStore } from '../../src/store/database.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { pause } from '../../src/store/state/life.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { createSystem } from './setup.ts';

// Acts that need no worker.
const { operator, store, temporal } = await createSystem();

test('(I23) full syncs of all start for every active integration, at the given pace', async () => {
  const ids = Array.from({ length: 13 }, () => uniqueIntegrationId()).sort();
  const paused = uniqueIntegrationId();
  for (const id of [...ids, paused]) await saveIntegration(store, { id, tool: 'bombohr', category: 'LMS' });
  await pause(store, paused, 'audit');
  const started = await fullSyncAll(operator, { perMinute: 30, models: ['lms_users'] });
  expect(started.map(({ integrationId }) => integrationId)).toEqual(ids);
  const delays = await Promise.all(
    started.map(async ({ workflowId, runId }) => {
      const handle = temporal.client.workflow.getHandle(workflowId, runId);
      const { startTime, executionTime } = await handle.describe();
      await handle.terminate();
      return Math.round((executionTime!.getTime() - startTime.getTime()) / 1_000);
    }),
  );
  // Ten at once, then one every two seconds.
  expect(delays).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 6]);
  expect(await listActs(store)).toMatchObject([
    {
      action: 'full-sync-all',
      integrationId: null,
      outcome: 'done',
      details: { perMinute: 30, models: ['lms_users'] },
    },
  ]);
});

test('(I23) an act that cannot be audited is not done', async () => {
  const away = openStore('postgres://nobody@127.0.0.1:1/nothing');
  let done = false;
  const act = audited(
    { store: away, actor: operator.actor },
    { action: 'pause', integrationId: 'demo:x' },
    () => {
      done = true;
      return Promise.resolve();
    },
  );
  await expect(act).rejects.toThrow(/ECONNREFUSED/);
  expect(done).toBe(false);
  await away.close();
});
