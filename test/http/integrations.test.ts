import { beforeAll, describe, expect, inject, test } from 'vitest';
import { saveIntegration } from '../../src/store/integrations.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { syncWorkflowId } from '../../src/temporal/names.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { ADMIN_TOKEN, temporalAt, testApp, testConfig } from './support.ts';

const ID = 'personio:CBNMt7dSNCzBdnRTx87dev4E';
const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };

describe('who may in', () => {
  test('closed with a remedy when no token is configured', async () => {
    const { app } = await testApp({ config: testConfig({ ADMIN_TOKEN: '' }) });
    const response = await app.inject({ url: '/api/v1/integrations', headers });
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({
      error: { code: 'closed', message: expect.stringContaining('ADMIN_TOKEN') },
    });
  });

  test.each([undefined, 'Bearer wrong', `Basic ${ADMIN_TOKEN}`, ADMIN_TOKEN, `Bearer ${ADMIN_TOKEN}x`])(
    '401 for %s',
    async (authorization) => {
      const { app } = await testApp();
      const response = await app.inject({
        url: '/api/v1/integrations',
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(response.statusCode).toBe(401);
      expect(response.json()).toMatchObject({ code: 'unauthorized' });
      expect(response.body).not.toContain(ADMIN_TOKEN);
    },
  );
});

describe('when a dependency is away', () => {
  test('503 without Postgres', async () => {
    const { app } = await testApp();
    const response = await app.inject({ url: '/api/v1/integrations', headers });
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ code: 'database_unavailable' });
  });
});

test('its OpenAPI names every route and the token', async () => {
  const { app } = await testApp();
  const openapi = (await app.inject('/api/docs/json')).json<{ paths: object; components: object }>();
  expect(Object.keys(openapi.paths).sort()).toEqual([
    '/api/v1/integrations',
    '/api/v1/integrations/{id}',
    '/api/v1/integrations/{id}/full-sync',
    '/api/v1/integrations/{id}/sync',
    '/api/v1/integrations/{id}/syncs',
  ]);
  expect((await app.inject('/api/docs/')).statusCode).toBe(200);
});

describe('with Postgres and Temporal', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await createTestStore();
    await saveIntegration(store, { id: ID, tool: 'personio', category: 'HRIS', organizationName: 'Acme' });
  });
  const withTemporal = async () => {
    const temporal = temporalAt(inject('temporalAddress'));
    return { temporal, app: (await testApp({ store, temporal })).app };
  };
  const start = async () => {
    const { app } = await withTemporal();
    return (method: 'GET' | 'POST', url: string, body?: object) =>
      app.inject({ method, url: `/api/v1${url}`, headers, ...(body ? { body } : {}) });
  };

  test('lists integrations', async () => {
    const call = await start();
    const response = await call('GET', '/integrations');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      integrations: [{ id: ID, category: 'HRIS', status: 'active', freshAsOf: null, failedEndpoints: [] }],
    });
  });

  test.each([ID, encodeURIComponent(ID)])('shows one by the id as %s', async (id) => {
    const call = await start();
    const response = await call('GET', `/integrations/${id}`);
    expect(response.statusCode).toBe(200);
    const body = response.json<{ id: string; endpoints: { endpoint: string }[] }>();
    expect(body.id).toBe(ID);
    expect(body.endpoints.map(({ endpoint }) => endpoint)).toContain('/hris/employees');
    expect(body).toMatchObject({ schedules: { fullSync: null, catchUp: null } });
  });

  test('shows when its schedules run next', async () => {
    const { app, temporal } = await withTemporal();
    const id = `personio:${crypto.randomUUID()}`;
    const integration = await saveIntegration(store, { id, tool: 'personio', category: 'HRIS' });
    await ensureSchedules(temporal.client, testConfig(), integration);
    const response = await app.inject({ url: `/api/v1/integrations/${id}`, headers });
    const { schedules } = response.json<{ schedules: { fullSync: { id: string; nextRuns: string[] } } }>();
    expect(schedules.fullSync.id).toBe(`full-sync/${id}`);
    expect(new Date(schedules.fullSync.nextRuns[0]!).getTime()).toBeGreaterThan(Date.now());

    const login = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${ADMIN_TOKEN}`,
    });
    const cookie = String(login.headers['set-cookie']);
    // The list of schedules that the page reads follows the schedules with a delay.
    await expect
      .poll(async () => (await app.inject({ url: '/', headers: { cookie } })).body, { timeout: 10_000 })
      .toMatch(/>in \d+ (d|h|min)</);
    await deleteSchedules(temporal.client, id);
    await store.pool.query('delete from kombo_sync.integrations where id = $1', [id]);
  });

  test('shows the syncs of one', async () => {
    const call = await start();
    await store.pool.query(
      `insert into kombo_sync.passes
         (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, state, watermark_at, moves_watermark, created, finished_at)
       values ('s1', 'sync/x', 'run', $1, '/hris/employees', 'delta', 'webhook', 'completed', now(), true, 7, clock_timestamp())`,
      [ID],
    );
    const response = await call('GET', `/integrations/${ID}/syncs?limit=5`);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      syncs: [{ syncId: 's1', status: 'completed', trigger: 'webhook', counts: { created: 7 } }],
    });
    expect((await call('GET', `/integrations/${ID}/syncs?limit=many`)).statusCode).toBe(400);
  });

  test('starts a full sync, and names the one that runs when asked again', async () => {
    const call = await start();
    const first = await call('POST', `/integrations/${encodeURIComponent(ID)}/full-sync`, {
      models: ['hris_employees'],
      since: '2026-01-01',
    });
    expect(first.json()).toMatchObject({ workflowId: `full-sync/${ID}`, alreadyRunning: false });
    expect(first.statusCode).toBe(202);
    const second = await call('POST', `/integrations/${ID}/full-sync`);
    expect(second.statusCode).toBe(202);
    expect(second.json()).toEqual({ ...first.json<object>(), alreadyRunning: true });

    const handle = temporalAt(inject('temporalAddress')).client.workflow.getHandle(`full-sync/${ID}`);
    await handle.terminate('end of the test');
  });

  test('503 that names the worker when no worker takes a sync', { timeout: 15_000 }, async () => {
    const temporal = temporalAt(inject('temporalAddress'));
    const config = testConfig({ TASK_QUEUE: `nobody-${process.pid}` });
    const { app } = await testApp({ store, temporal, config });
    const response = await app.inject({ method: 'POST', url: `/api/v1/integrations/${ID}/sync`, headers });
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({
      error: { code: 'temporal_unavailable', message: expect.stringContaining('worker') },
    });
    await temporal.client.workflow.getHandle(syncWorkflowId(ID)).terminate('end of the test');
  });

  test.each<[string, string, object]>([
    ['an unknown model', `/integrations/${ID}/sync`, { models: ['hris_moods'] }],
    ['an unknown field', `/integrations/${ID}/sync`, { model: 'hris_teams' }],
    ['a date that is none', `/integrations/${ID}/full-sync`, { since: 'yesterday' }],
  ])('400 for %s', async (_name, url, body) => {
    const call = await start();
    const response = await call('POST', url, body);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'bad_request' });
  });

  test.each<['GET' | 'POST', string]>([
    ['GET', ''],
    ['GET', '/syncs'],
    ['POST', '/sync'],
    ['POST', '/full-sync'],
  ])('404 for %s %s of an unknown id', async (method, path) => {
    const call = await start();
    const response = await call(method, `/integrations/workday:nobody${path}`);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ code: 'not_found' });
  });
});
