import { afterEach, describe, expect, test } from 'vitest';
import { listDeliveries } from '../../src/store/state/deliveries.ts';
import { lazyTemporal } from '../../src/temporal/connect.ts';
import { KOMBO_MODELS, syncWorkflowId, WORKFLOW_TYPES } from '../../src/domain/names.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import type { integrationSync } from '../../workflows/index.ts';
import { modelsChanged, type ModelsChanged } from '../../workflows/messages.ts';
import { eventually } from '../support/poll.ts';
import { requireRightCounts } from '../support/row-counts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { outcomeOf, whole } from './outcome.ts';
import { createWire } from '../support/wire.ts';
import { accepted, createSystem, each, storeThrough } from './setup.ts';

// Longer than a busy machine needs between two webhooks of a burst.
const system = await createSystem({ DEBOUNCE_QUIET: '500ms' });
const { config, control, store, temporal } = system;
await system.worker();
const legacyOff = await system.server({ config: { ...system.config, LEGACY_WEBHOOKS: false } });
// Long enough that two webhooks come together on a busy machine too.
const patient = await system.server({
  config: { ...system.config, DEBOUNCE_QUIET: 1_000, DEBOUNCE_MAX_WAIT: 5_000 },
});
const server = await system.server();
control.subscribe([...control.subscription(), 'sync-finished', 'remote-event-received']);

const endOf = (id: string) => outcomeOf(system, id);

// One statement sees the rows and their count as of the same moment, also while pages are written.
afterEach(() => requireRightCounts(store));

test('a webhook becomes rows, and the run reports what it did', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const [user] = control.ids(id, 'lms_users') as [string];
  control.update(id, 'lms_users', user, { remote_id: 'v1' });
  expect((await control.flushWebhook(id))?.statuses).toEqual([200]);
  await system.arrives(id, 'lms_users', user, 'v1');
  expect(await system.settled(id)).toMatchObject({
    status: 'completed',
    syncs: 1,
    endpoints: { '/lms/users': { kind: 'delta', status: 'completed', counts: { updated: 1 } } },
  });
  const { typedSearchAttributes } = await temporal.client.workflow.getHandle(syncWorkflowId(id)).describe();
  expect(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])).toEqual(
    expect.arrayContaining([
      ['KomboIntegrationId', id],
      ['KomboTool', 'bombohr'],
      ['KomboCategory', 'LMS'],
      ['KomboTrigger', 'webhook'],
      ['KomboModels', ['lms_users']],
    ]),
  );
});

test('(I1) an id of any letters is accepted and read, although the server limits the bytes of its key', async () => {
  const id = `${uniqueIntegrationId()}${'é'.repeat(60)}`;
  control.addIntegration({ id, category: 'LMS', scale: 0, records: { lms_users: 3 } });
  await system.tell(id, ['lms_users']);
  expect(await system.settled(id)).toMatchObject({ status: 'completed' });
  const { handle } = await startFullSync(temporal.client, config, { integrationId: id });
  expect(await handle.result()).toMatchObject({ status: 'completed' });
  expect(await system.fullPasses(id)).toEqual(each(2));
});

test('(I1) any number of names is accepted, and labels a run as far as the server allows', async () => {
  const { client } = temporal;
  const id = system.integration();
  const models = Array.from({ length: 80 }, (_, index) => `lms_model_of_a_later_time_${1_000 + index}`);
  await system.tell(id, models);
  expect(await system.settled(id)).toMatchObject({ status: 'completed', unknownModels: models });
  // A run without labels labels itself.
  const bare = await client.workflow.signalWithStart<typeof integrationSync, [ModelsChanged]>(
    WORKFLOW_TYPES.integrationSync,
    {
      workflowId: `bare/${id}`,
      taskQueue: config.TASK_QUEUE,
      args: [{ integrationId: id, quietMs: 100 }],
      signal: modelsChanged,
      signalArgs: [{ models }],
    },
  );
  expect(await bare.result()).toMatchObject({ status: 'completed', unknownModels: models });
  for (const workflowId of [syncWorkflowId(id), bare.workflowId]) {
    const { typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe();
    const label = typedSearchAttributes.get(KOMBO_MODELS);
    expect(label?.at(-1)).toBe(`…and ${81 - label!.length} more`);
    expect(label?.slice(0, -1)).toEqual(models.slice(0, label!.length - 1));
  }
});

test('(I3) (I5) a burst of a hundred webhooks, each twice, is one sync', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const before = await system.syncs(id);
  const users = control.ids(id, 'lms_users');
  control.setWebhookUrl(`${patient.url}/webhooks/kombo`);
  const burst = Array.from({ length: 100 }, async (_, index) => {
    control.update(id, 'lms_users', users[index % users.length]!, { remote_id: `v${index}` });
    return control.flushWebhook(id, { duplicate: true });
  });
  for (const result of await Promise.all(burst)) expect(result?.statuses).toEqual([200, 200]);
  control.setWebhookUrl(`${server.url}/webhooks/kombo`);
  await system.settled(id);
  const begun = (await system.syncs(id)).slice(before.length);
  expect(begun).toMatchObject([{ endpoints: ['/lms/users'] }]);
  for (const [index, user] of users.entries()) await system.arrives(id, 'lms_users', user, `v${80 + index}`);
});

test('(I6) webhooks at the end of a run, and during it, are never lost', async () => {
  const id = system.integration();
  await system.firstSync(id);
  // Each stream sends its next webhook when the last one is a row, which is when a run is about to end.
  const stream = async (table: string) => {
    const [record] = control.ids(id, table) as [string];
    for (let round = 0; round < 12; round += 1) {
      control.update(id, table, record, { remote_id: `v${round}` });
      expect((await control.flushWebhook(id))?.statuses ?? [200]).toEqual([200]);
      await system.arrives(id, table, record, `v${round}`);
    }
  };
  await Promise.all([stream('lms_users'), stream('lms_courses')]);
  expect((await system.syncs(id)).length).toBeGreaterThan(10);
});

test('(I5) under a steady stream a sync starts within the maximum wait', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const before = (await system.syncs(id)).length;
  const [user] = control.ids(id, 'lms_users') as [string];
  const startedAt = Date.now();
  let [sent, begun] = [0, false];
  while (!begun) {
    control.update(id, 'lms_users', user, { remote_id: `v${sent}` });
    await control.flushWebhook(id);
    sent += 1;
    begun = (await system.syncs(id)).length > before;
    // The stream would never be quiet: only the maximum wait of two seconds ends this.
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  }
  expect(sent).toBeGreaterThan(3);
});

describe.concurrent('other webhooks', () => {
  const runsOf = async (id: string) => {
    const { count } = await temporal.client.workflow.count(`WorkflowId = 'sync/${id}'`);
    return count;
  };

  test('webhooks about nothing that is read are only answered and counted', async () => {
    const id = system.integration();
    const types = [
      'connection-flow-failed',
      'ai-apply-application-status-updated',
      'ai-apply-job-posting-status-updated',
      'brand-new',
    ];
    await accepted(control.announceFailedConnection({ tool: 'bombohr', category: 'LMS' }));
    await accepted(control.announceAiApply('ai-apply-application-status-updated'));
    await accepted(control.announceAiApply('ai-apply-job-posting-status-updated'));
    await accepted(control.sendWebhook({ type: 'brand-new', data: { integration_id: id } }));
    await accepted(control.sendWebhook({ type: 'brand-new', data: {}, duplicate: true }));
    const counted = await eventually(async () => {
      const counts = [...(await listDeliveries(store, '')), ...(await listDeliveries(store, id))];
      return counts.reduce((sum, { times }) => sum + times, 0) === 6 && counts;
    });
    expect(new Set(counted.map(({ type }) => type))).toEqual(new Set(types));
    expect(new Set(counted.map(({ outcome }) => outcome))).toEqual(new Set(['ignored']));
    expect(await runsOf(id)).toBe(0);
    expect(control.requests({ integrationId: id })).toEqual([]);
  });

  test.each([false, true])('a received order (inline: %s) is read', async (inline) => {
    const id = system.integration({ category: 'ASSESSMENT', records: {}, scale: 0 });
    await system.firstSync(id);
    const [order] = control.create(id, 'assessment_orders') as [string];
    await accepted(control.announceOrder(id, order, { inline }));
    await system.settled(id);
    expect(await endOf(id)).toEqual(whole(1, 'ASSESSMENT'));
    expect(system.reads(id)).toEqual(['/assessment/orders', '/assessment/orders']);
  });

  test('(I5) sync-finished and data-changed together are one sync; each legacy webhook alone is a delta of everything', async () => {
    const id = system.integration();
    await system.firstSync(id);
    const paths = Object.keys(each(1));
    const begun = async () => (await system.syncs(id)).slice(1).map(({ endpoints }) => endpoints.length);
    const change = (value: string) =>
      control.update(id, 'lms_users', control.ids(id, 'lms_users'), { remote_id: value });
    change('both');
    const together = await control.finishSync(id, { url: `${patient.url}/webhooks/kombo` });
    expect(together.map(({ type, statuses }) => [type, statuses])).toEqual([
      ['sync-finished', [200]],
      ['data-changed', [200]],
    ]);
    await system.settled(id);
    expect(await begun()).toEqual([paths.length]);
    change('sync-finished');
    expect(await control.finishSync(id, { lose: 'data-changed' })).toMatchObject([
      { statuses: [200] },
      { lost: true },
    ]);
    await system.settled(id);
    // Checks without news leave the row of the newest one, so an older sync shows fewer.
    expect((await begun()).at(-1)).toBe(paths.length);
    change('remote-event');
    await accepted(control.remoteEvent(id));
    await system.settled(id);
    expect(await begun()).toHaveLength(3);
    expect((await begun()).at(-1)).toBe(paths.length);
    expect(await endOf(id)).toEqual(whole());
  });

  test('switched off, legacy webhooks are answered and counted, and start nothing', async () => {
    const id = system.integration();
    const url = `${legacyOff.url}/webhooks/kombo`;
    for (const type of ['sync-finished', 'remote-event-received']) {
      await accepted(control.sendWebhook({ type, data: { integration_id: id }, url }));
    }
    const counted = await eventually(async () => {
      const counts = await listDeliveries(store, id);
      return counts.length === 2 && counts;
    });
    expect(counted.map(({ outcome, times }) => ({ outcome, times }))).toEqual([
      { outcome: 'legacy-off', times: 1 },
      { outcome: 'legacy-off', times: 1 },
    ]);
    expect(await runsOf(id)).toBe(0);
  });
});

test('(I1) without Temporal the answer is 503, and the repeated delivery is accepted when it is back', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const address = process.env['TEMPORAL_ADDRESS']!;
  const proxy = await createWire(address);
  process.env['TEMPORAL_ADDRESS'] = proxy.address;
  const away = await lazyTemporal();
  process.env['TEMPORAL_ADDRESS'] = address;
  const other = await system.server({ temporal: away });
  await proxy.cut();
  const [user] = control.ids(id, 'lms_users') as [string];
  control.update(id, 'lms_users', user, { remote_id: 'after the outage' });
  const startedAt = Date.now();
  const refused = await control.flushWebhook(id);
  expect(refused?.statuses).toEqual([503]);
  expect(Date.now() - startedAt).toBeLessThan(5_000);
  await proxy.mend();
  let status: number | null | undefined = 503;
  while (status !== 200) {
    const headers = { 'content-type': 'application/json', 'x-kombo-signature': refused!.signature };
    ({ status } = await fetch(`${other.url}/webhooks/kombo`, {
      method: 'POST',
      headers,
      body: refused!.body,
    }));
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  }
  await system.arrives(id, 'lms_users', user, 'after the outage');
  await other.close();
  await away.close();
  control.setWebhookUrl(`${server.url}/webhooks/kombo`);
});

test('(I1) with Postgres down a webhook is accepted, and served when it is back', async () => {
  const outage = await createSystem();
  const proxy = await createWire(new URL(outage.store.url).host);
  const store = storeThrough(proxy.address, outage.store.url);
  await outage.worker({ store });
  await outage.server({ store });
  const id = outage.integration();
  await outage.firstSync(id);
  await proxy.cut();
  const [user] = outage.control.ids(id, 'lms_users') as [string];
  outage.control.update(id, 'lms_users', user, { remote_id: 'kept' });
  expect((await outage.control.flushWebhook(id))?.statuses).toEqual([200]);
  const handle = temporal.client.workflow.getHandle(syncWorkflowId(id));
  // The outage has an effect: the start of the sync was tried in vain.
  await eventually(async () => {
    const [activity] = (await handle.describe()).raw.pendingActivities ?? [];
    return (activity?.attempt ?? 0) > 1;
  });
  await proxy.mend();
  await outage.arrives(id, 'lms_users', user, 'kept', 40_000);
  expect(await outage.settled(id)).toMatchObject({ status: 'completed' });
});
