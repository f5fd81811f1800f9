import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createSandbox } from '../../sandbox/index.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { announceDeletion } from '../../src/store/state/deletions.ts';
import { park, remove } from '../../src/store/state/life.ts';
import { noteUnknown } from '../../src/store/state/unknown-integrations.ts';
import { eraseWorkflowId, fullSyncWorkflowId } from '../../src/domain/names.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { listActs } from '../support/acts.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { expectProblem, startApi, terminateAfter } from './api.ts';
import { testConfig } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

describe('adding', () => {
  async function startWithKombo() {
    const sandbox = createSandbox({ apiKey: 'ks_test_api', integrations: [] });
    onTestFinished(() => sandbox.close());
    const url = await sandbox.listen();
    const api = await startApi(store, { KOMBO_API_KEY: 'ks_test_api', KOMBO_API_URL: url });
    const id = uniqueIntegrationId();
    sandbox.control.addIntegration({
      id,
      category: 'LMS',
      scale: 0,
      organizationName: 'Acme Academy',
      originId: '36123',
    });
    terminateAfter(api.temporal, fullSyncWorkflowId(id), eraseWorkflowId(id));
    onTestFinished(() => deleteSchedules(api.temporal.client, id));
    return { ...api, url, id };
  }

  test('looks it up at Kombo, creates its schedules, and starts its first full sync', async () => {
    const { call, id, temporal } = await startWithKombo();
    await noteUnknown(store, id);
    const answer = await call('POST', '/integrations', { body: { id }, headers: { 'x-actor': 'ada' } });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      integration: {
        id,
        category: 'LMS',
        status: 'active',
        organizationName: 'Acme Academy',
        originId: '36123',
      },
      new: true,
      schedules: 'created',
      sync: { workflowId: `full-sync/${id}`, alreadyRunning: false, temporalUrl: null },
    });
    const { sync } = answer.json<{ sync: { workflowId: string; runId: string } }>();
    const run = await temporal.client.workflow.getHandle(sync.workflowId, sync.runId).describe();
    expect(run.type).toBe('fullSync');
    expect(await listActs(store, { integrationId: id })).toMatchObject([
      { action: 'add', actor: 'ada', source: 'api', outcome: 'done', details: { sync: true } },
    ]);
    const unknown = (await call('GET', '/unknown-integrations')).json<{ integrations: { id: string }[] }>();
    expect(unknown.integrations.map((one) => one.id)).not.toContain(id);

    const again = await call('POST', '/integrations', { body: { id } });
    expect(again.statusCode).toBe(200);
    expect(again.json()).toMatchObject({
      new: false,
      schedules: 'unchanged',
      sync: { runId: sync.runId, alreadyRunning: true },
    });
  });

  test('starts no sync with sync: false', async () => {
    const { call, id } = await startWithKombo();
    const answer = await call('POST', '/integrations', { body: { id, sync: false } });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ new: true, sync: null });
  });

  test('404 if Kombo does not know it', async () => {
    const { call } = await startWithKombo();
    const answer = await call('POST', '/integrations', { body: { id: 'workday:nobody' } });
    expectProblem(answer, 404, 'not_found', /Kombo does not know/);
    expect(await findIntegration(store, 'workday:nobody')).toBeUndefined();
  });

  test('409 if it was deleted at Kombo, unless forced', async () => {
    const { call, id } = await startWithKombo();
    await saveIntegration(store, { id, tool: 'bombohr', category: 'LMS' });
    const at = new Date(Date.now() + 60_000);
    await remove(store, id, { code: 'Deleted', message: 'It was deleted.', at });
    const answer = await call('POST', '/integrations', { body: { id } });
    expectProblem(answer, 409, 'removed', /connect it again.*kombo-sync integrations add \S+ --force/);

    // With force, this deletion no longer counts, even if webhooks report it again.
    const forced = await call('POST', '/integrations', { body: { id, force: true, sync: false } });
    expect(forced.statusCode).toBe(201);
    expect(await findIntegration(store, id)).toMatchObject({
      status: 'active',
      removedAt: null,
      deletionsVoidUpTo: expect.any(Date) as Date,
    });
  });

  test('(I21) only with force, a deletion that Kombo contradicts is overruled at once', async () => {
    const { call, id } = await startWithKombo();
    await saveIntegration(store, { id, tool: 'bombohr', category: 'LMS' });
    const why = { code: 'DeletionDoubted', message: 'Doubted.', needsAttention: false, retryInMs: 60_000 };
    await park(store, id, why);
    await announceDeletion(store, id, new Date());
    expect((await call('POST', '/integrations', { body: { id, sync: false } })).statusCode).toBe(200);
    expect(await findIntegration(store, id)).toMatchObject({ status: 'parked' });
    await call('POST', '/integrations', { body: { id, sync: false, force: true } });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active', announcedDeletedAt: null });
  });

  test('502 if Kombo refuses the key, which is not in the answer', async () => {
    const { url } = await startWithKombo();
    const settings = { KOMBO_API_KEY: 'ks_the_wrong_key', KOMBO_API_URL: url };
    const { call } = await startApi(store, settings);
    const answer = await call('POST', '/integrations', { body: { id: 'a:b' } });
    expectProblem(answer, 502, 'kombo_refused', /KOMBO_API_KEY/);
    expect(answer.body).not.toContain('ks_the_wrong_key');
  });

  test('503 if Kombo cannot be reached', async () => {
    const { call } = await startApi(store, { KOMBO_API_KEY: 'ks_x', KOMBO_API_URL: 'http://127.0.0.1:1/v1' });
    const answer = await call('POST', '/integrations', { body: { id: 'a:b' } });
    expectProblem(answer, 503, 'kombo_unavailable', /Try again/);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('503 that names the setting if there is no key for Kombo', async () => {
    const { call } = await startApi(store);
    const answer = await call('POST', '/integrations', { body: { id: 'a:b' } });
    expectProblem(answer, 503, 'no_kombo_key', /KOMBO_API_KEY/);
  });

  test('brings back an integration that was removed here', async () => {
    const { call, id } = await startWithKombo();
    await call('POST', '/integrations', { body: { id, sync: false } });
    expect((await call('DELETE', `/integrations/${id}`)).statusCode).toBe(200);
    const back = await call('POST', '/integrations', { body: { id, sync: false } });
    expect(back.statusCode).toBe(201);
    expect(back.json()).toMatchObject({ new: true, integration: { status: 'active', removedAt: null } });
  });
});

describe('removing', () => {
  const DAY_MS = 86_400_000;

  test('stops everything, and erases the data after the retention', async () => {
    const id = uniqueIntegrationId();
    const { call, temporal } = await startApi(store, { DELETED_RETENTION: '14d' });
    const integration = await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    await ensureSchedules(temporal.client, testConfig(), integration);
    terminateAfter(temporal, fullSyncWorkflowId(id), eraseWorkflowId(id));
    await call('POST', `/integrations/${id}/full-sync`);

    const answer = await call('DELETE', `/integrations/${id}`, { headers: { 'x-actor': 'ada' } });
    expect(answer.statusCode).toBe(200);
    const removed = answer.json<{ erasure: { at: string } }>();
    expect(removed).toMatchObject({
      integration: { id, status: 'removed', statusCode: 'RemovedByHand' },
      removed: true,
      cancelled: [`full-sync/${id}`],
      erasure: { workflowId: `erase/${id}` },
    });
    expect(new Date(removed.erasure.at).getTime() - Date.now()).toBeGreaterThan(13.9 * DAY_MS);
    const erase = await temporal.client.workflow.getHandle(eraseWorkflowId(id)).describe();
    expect(erase.type).toBe('eraseIntegration');
    expect((await call('GET', `/integrations/${id}`)).json()).toMatchObject({
      schedules: { fullSync: null, catchUp: null },
    });
    expect((await listActs(store, { integrationId: id }))[0]).toMatchObject({
      action: 'remove',
      actor: 'ada',
      details: { erase: false },
    });
    const again = await call('DELETE', `/integrations/${id}`);
    expect(again.json()).toMatchObject({ removed: false, erasure: removed.erasure });
  });

  test('plans no erasure of data that is already erased', async () => {
    const id = uniqueIntegrationId();
    const { call } = await startApi(store);
    await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    await remove(store, id, { code: 'Deleted', message: 'Deleted in Kombo.', at: new Date() });
    await store.pool.query('update kombo_sync.integrations set erased_at = now() where id = $1', [id]);
    expect((await call('DELETE', `/integrations/${id}`)).json()).toMatchObject({
      integration: { erasedAt: expect.any(String) as string },
      removed: false,
      erasure: null,
    });
  });

  test('erases at once with erase=true', async () => {
    const id = uniqueIntegrationId();
    const { call, temporal } = await startApi(store, { DELETED_RETENTION: 'off' });
    await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    terminateAfter(temporal, eraseWorkflowId(id));
    const kept = await call('DELETE', `/integrations/${id}`);
    expect(kept.json()).toMatchObject({ erasure: null });
    const erased = (await call('DELETE', `/integrations/${id}?erase=true`)).json<{
      erasure: { at: string };
    }>();
    expect(new Date(erased.erasure.at).getTime()).toBeLessThanOrEqual(Date.now());
    const { status } = await temporal.client.workflow.getHandle(eraseWorkflowId(id)).describe();
    expect(status.name).toBe('RUNNING');
  });

  test('a removed integration cannot be paused, resumed or read', async () => {
    const id = uniqueIntegrationId();
    const { call, temporal } = await startApi(store);
    await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    terminateAfter(temporal, eraseWorkflowId(id));
    await call('DELETE', `/integrations/${id}`);
    const body = { reason: 'a reason' };
    expectProblem(await call('POST', `/integrations/${id}/pause`, { body }), 409, 'removed');
    expectProblem(await call('POST', `/integrations/${id}/resume`), 409, 'removed');
    const said = /nothing is read for it\. Removed by .* brings it back\.$/;
    expectProblem(await call('POST', `/integrations/${id}/sync`), 409, 'removed', said);
    expectProblem(await call('POST', `/integrations/${id}/full-sync`), 409, 'removed', said);
  });
});
