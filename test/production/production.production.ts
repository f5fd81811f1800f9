import { Client, Connection } from '@temporalio/client';
import { beforeAll, expect, inject, test } from 'vitest';
import { KOMBO_MODELS, SEARCH_ATTRIBUTES, fullSyncScheduleId } from '../../src/domain/names.ts';
import { eventually } from '../support/poll.ts';
import { cli, onlyDocument } from '../cli/spawn.ts';
import { createCliSystem, type CliSystem } from '../cli/system.ts';

/*
 * What an operator does on Temporal's own server with Postgres: the development server forgives more, and finds runs by another
 * database.
 */

const ID = 'bombohr:production';
const records = { lms_users: 30, lms_courses: 5, lms_skills: 5 };

let system: CliSystem;
let client: Client;

beforeAll(async () => {
  system = await createCliSystem([{ id: ID, category: 'LMS', records }], {
    CATCH_UP_INTERVAL: '6h',
    KOMBO_WEBHOOK_SECRETS: 'whsec_production',
  });
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});

test('setup registers the search attributes in SQL visibility, and doctor finds everything right', async () => {
  await system.text(['setup']);
  await system.text(['setup']);
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
    namespace: 'default',
  });
  expect(Object.keys(customAttributes ?? {})).toEqual(
    expect.arrayContaining(SEARCH_ATTRIBUTES.map(({ name }) => name)),
  );
  await system.worker();
  const checks = await eventually(async () => {
    // Its exit code is also about a `serve`, which is not part of this.
    const { checks: found } = onlyDocument((await cli(['doctor', '--json'], system.env)).stdout) as {
      checks: { name: string; status: string }[];
    };
    const ours = found.filter(({ name }) => /Temporal|Search|Worker|Priorities/.test(name));
    return ours.length >= 5 && ours.every(({ status }) => status === 'ok') && ours;
  });
  expect(checks.map(({ name }) => name)).toContain('Priorities');
});

test('an integration is added, read in full, and its runs are found by every label', async () => {
  await system.text(['integrations', 'add', ID]);
  await system.ended(`full-sync/${ID}`);
  await system.text(['sync', 'full', ID, '--models', 'lms_users', '--wait']);
  const found = (query: string) =>
    eventually(async () => (await client.workflow.count(query)).count || false);
  for (const query of [
    `KomboIntegrationId = '${ID}'`,
    `KomboTool = 'bombohr' and KomboCategory = 'LMS'`,
    `KomboTrigger = 'manual'`,
    `${KOMBO_MODELS.name} = 'lms_users'`,
    `WorkflowType = 'fullSync' and ExecutionStatus = 'Completed'`,
  ]) {
    expect(await found(query), query).toBeGreaterThan(0);
  }
});

test('the schedule is there, starts a full sync when triggered, and pauses with its integration', async () => {
  const handle = client.schedule.getHandle(fullSyncScheduleId(ID));
  expect((await handle.describe()).info.nextActionTimes.length).toBeGreaterThan(0);
  await handle.trigger('SKIP');
  const run = await eventually(async () => {
    const { info } = await handle.describe();
    return info.recentActions.at(-1)?.action.workflow.workflowId ?? false;
  });
  expect(await client.workflow.getHandle(run).result()).toMatchObject({ status: 'completed' });
  await system.text(['integrations', 'pause', ID, '--reason', 'a test']);
  expect((await handle.describe()).state.paused).toBe(true);
  await system.text(['integrations', 'resume', ID]);
  expect((await handle.describe()).state.paused).toBe(false);
});

test('what has run is shown by the history and by the status', async () => {
  await system.text(['sync', 'now', ID, '--models', 'lms_users']);
  const { syncs } = await eventually(async () => {
    const history = await system.json<{ syncs: unknown[] }>(['sync', 'history', ID]);
    return history.syncs.length >= 4 && history;
  });
  expect(syncs).toContainEqual(expect.objectContaining({ trigger: 'schedule' }));
  expect((await system.text(['status', ID])).stdout).toContain('/lms/users');
});
