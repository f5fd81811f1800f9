import type { WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import type { SyncResult } from '../../src/domain/sync.ts';
import { catchUpScheduleId, syncWorkflowId } from '../../src/domain/names.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { countActions, historyBytes } from '../support/actions.ts';
import { eventually } from '../support/poll.ts';
import { accepted, createSystem } from './setup.ts';

/* What Temporal Cloud bills, counted from the histories of real runs. */

const system = await createSystem({ CATCH_UP_INTERVAL: '1d', DEBOUNCE_QUIET: '1s' });
const { control, temporal } = system;
const { client } = temporal;
await system.worker();
await system.server();

/** Kombo takes so long for each answer. */
const KOMBO_MS = 700;

async function cost(handle: WorkflowHandle) {
  const history = await handle.fetchHistory();
  const signalled = ({ workflowExecutionSignaledEventAttributes: signal }: (typeof events)[number]) => signal;
  const events = history.events ?? [];
  const signals = events.filter(signalled).length;
  return { actions: countActions(history), signals, bytes: historyBytes(history) };
}

async function catchUp(id: string): Promise<WorkflowHandle> {
  await client.schedule.getHandle(catchUpScheduleId(id)).trigger();
  const run = await eventually(async () => (await describeSchedule(client, id)).catchUp?.recentRuns[0]);
  return client.workflow.getHandle(run.workflowId);
}

test('a quiet catch-up of every HRIS endpoint is five Actions and 5 kB of history', async () => {
  const id = system.integration({ category: 'HRIS', records: {} });
  await system.firstSync(id);
  control.addFault({ kind: 'delay', ms: KOMBO_MS, integration: id, count: 'always' });
  control.clearRequests();
  const handle = await catchUp(id);
  const result = (await handle.result()) as SyncResult;
  expect(result.status).toBe('completed');
  expect(system.reads(id).sort()).toEqual(
    enabledEndpoints('HRIS')
      .map(({ path }) => path)
      .sort(),
  );
  const { actions, bytes } = await cost(handle);
  expect(actions).toBeLessThanOrEqual(5);
  expect(bytes).toBeLessThanOrEqual(5_000);
});

test('a burst of ten webhooks shares its signals, and three models of twenty pages are eight Actions besides', async () => {
  const tables = ['lms_users', 'lms_courses', 'lms_skills'];
  const id = system.integration({ records: { lms_users: 4_800, lms_courses: 4_800, lms_skills: 4_800 } });
  await system.firstSync(id);
  control.clearFaults();
  for (const table of tables) control.update(id, table, control.ids(id, table));
  control.addFault({ kind: 'delay', ms: 100, integration: id, count: 'always' });
  control.clearRequests();
  const changed_models = tables.map((name) => ({ name }));
  const data = {
    integration_id: id,
    integration_tool: 'bombohr',
    integration_category: 'LMS',
    changed_models,
  };
  const burst = Array.from({ length: 10 }, () =>
    accepted(control.sendWebhook({ type: 'data-changed', data })),
  );
  await Promise.all(burst);
  const handle = client.workflow.getHandle(syncWorkflowId(id));
  const result = (await handle.result()) as SyncResult;
  expect(result.counts).toMatchObject({ pages: 60, updated: 14_400 });
  const { actions, signals } = await cost(handle);
  // How many signals ten deliveries share is a matter of how fast they come; two or three when nothing else runs.
  expect(signals).toBeLessThan(10);
  expect(actions - signals).toBeLessThanOrEqual(8);
});
