import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { fullSync } from '../../workflows/index.ts';
import { REMOVED } from '../../src/domain/life.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { pause, remove } from '../../src/store/state/life.ts';
import { fullSyncWorkflowId, syncWorkflowId } from '../../src/domain/names.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { listActs } from '../support/acts.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { expectProblem, startApi, terminateAfter } from './api.ts';
import { temporalAt, testConfig } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

/** Enough for a busy machine. */
const POLL = { timeout: 30_000 };

let id: string;
beforeEach(async () => {
  id = uniqueIntegrationId();
  await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
});

const newestAct = async (integrationId = id) => (await listActs(store, { integrationId }))[0];

interface Started {
  workflowId: string;
  runId: string;
  alreadyRunning: boolean;
  temporalUrl: string | null;
}

describe('a full sync', () => {
  test('starts with the given options, and a second request joins it', async () => {
    const { call, temporal } = await startApi(store);
    terminateAfter(temporal, fullSyncWorkflowId(id));
    const options = {
      models: ['hris_employees'],
      since: '2026-01-01T00:00:00.000Z',
      allowMassDeletion: true,
    };
    const first = await call('POST', `/integrations/${encodeURIComponent(id)}/full-sync`, { body: options });
    expect(first.statusCode).toBe(202);
    const started = first.json<Started>();
    expect(started).toMatchObject({
      workflowId: `full-sync/${id}`,
      alreadyRunning: false,
      temporalUrl: null,
    });
    const second = await call('POST', `/integrations/${id}/full-sync`);
    expect(second.statusCode).toBe(202);
    expect(second.json()).toEqual({ ...started, alreadyRunning: true });

    const handle = temporal.client.workflow.getHandle<typeof fullSync>(started.workflowId, started.runId);
    const { events } = await handle.fetchHistory();
    const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(JSON.parse(Buffer.from(payload ?? []).toString())).toEqual({
      integrationId: id,
      trigger: 'manual',
      ...options,
    });
    expect(await newestAct()).toMatchObject({ action: 'full-sync', outcome: 'done', details: {} });
  });

  test.each([['ats_jobs'], ['hris_employees', 'ats_jobs']])(
    '422 for a model of another category',
    async (...models) => {
      const { call } = await startApi(store);
      const answer = await call('POST', `/integrations/${id}/full-sync`, { body: { models } });
      expectProblem(answer, 422, 'unknown_model', /Not a model of HRIS: ats_jobs/);
      expect(await newestAct()).toBeUndefined();
    },
  );

  test('takes names of tables and endpoints too', async () => {
    const { call, temporal } = await startApi(store);
    terminateAfter(temporal, fullSyncWorkflowId(id));
    const models = ['hris_employees', '/hris/groups'];
    const answer = await call('POST', `/integrations/${id}/full-sync`, { body: { models } });
    expect(answer.statusCode).toBe(202);
  });

  test.each<[string, Record<string, string>, { temporalUiUrl: string } | undefined]>([
    ['of the settings', { TEMPORAL_UI_URL: 'https://temporal.example.com/' }, undefined],
    [
      'of dev',
      { TEMPORAL_UI_URL: 'https://other.example.com' },
      { temporalUiUrl: 'https://temporal.example.com' },
    ],
  ])("is linked in Temporal's UI: the address %s", async (_name, settings, overrides) => {
    const { call, temporal } = await startApi(store, settings, overrides);
    terminateAfter(temporal, fullSyncWorkflowId(id));
    const { runId, temporalUrl } = (await call('POST', `/integrations/${id}/full-sync`)).json<Started>();
    expect(temporalUrl).toBe(
      `https://temporal.example.com/namespaces/default/workflows/full-sync%2F${encodeURIComponent(id)}/${runId}/history`,
    );
  });
});

describe('a pause', () => {
  test('stops runs and schedules, and records who paused it and why', async () => {
    const { call, temporal } = await startApi(store);
    terminateAfter(temporal, fullSyncWorkflowId(id));
    const integration = (await findIntegration(store, id))!;
    await ensureSchedules(temporal.client, testConfig(), integration);
    onTestFinished(() => deleteSchedules(temporal.client, id));
    await call('POST', `/integrations/${id}/full-sync`);

    const body = { reason: 'The customer asked for it.' };
    const answer = await call('POST', `/integrations/${id}/pause`, { body, headers: { 'x-actor': 'ada' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      integration: { id, status: 'paused', statusReason: body.reason },
      cancelled: [`full-sync/${id}`],
    });
    // A schedule shows its pause a moment later.
    await expect
      .poll(async () => (await call('GET', `/integrations/${id}`)).json(), POLL)
      .toMatchObject({ status: 'paused', schedules: { fullSync: { paused: true } } });
    expect(await newestAct()).toMatchObject({
      action: 'pause',
      actor: 'ada',
      source: 'api',
      address: '127.0.0.1',
      details: body,
      outcome: 'done',
    });
    const refused = await call('POST', `/integrations/${id}/full-sync`);
    expectProblem(refused, 409, 'paused', /The customer asked for it/);
    expectProblem(await call('POST', `/integrations/${id}/sync`), 409, 'paused');
  });

  test('ends with a resume, which reads what was missed', async () => {
    const { call, temporal } = await startApi(store);
    terminateAfter(temporal, syncWorkflowId(id));
    await pause(store, id, 'a reason');
    const answer = await call('POST', `/integrations/${id}/resume`);
    expect(answer.statusCode).toBe(200);
    const { sync } = answer.json<{ sync: Started }>();
    expect(answer.json()).toMatchObject({
      integration: { status: 'active', statusReason: null },
      resumed: true,
      sync: { workflowId: `sync/${id}`, alreadyRunning: false },
    });
    const run = await temporal.client.workflow.getHandle(sync.workflowId, sync.runId).describe();
    expect(run.status.name).toBe('RUNNING');

    const again = await call('POST', `/integrations/${id}/resume`);
    expect(again.json()).toMatchObject({ integration: { status: 'active' }, resumed: false, sync: null });

    await pause(store, id, 'a reason');
    const joined = await call('POST', `/integrations/${id}/resume`);
    expect(joined.json()).toMatchObject({ sync: { runId: sync.runId, alreadyRunning: true } });
  });
});

test('cancelling returns the workflows that ran', async () => {
  const { call, temporal } = await startApi(store);
  terminateAfter(temporal, fullSyncWorkflowId(id));
  await call('POST', `/integrations/${id}/full-sync`);
  const answer = await call('POST', `/integrations/${id}/cancel`);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ integrationId: id, cancelled: [`full-sync/${id}`] });
  expect(await newestAct()).toMatchObject({ action: 'cancel', outcome: 'done' });
});

test('(I23) a failed act is in the audit log with its reason', async () => {
  const { call } = await startApi(store, {}, { temporal: temporalAt('127.0.0.1:1') });
  expectProblem(await call('POST', `/integrations/${id}/cancel`), 503, 'temporal_unavailable');
  expect(await newestAct()).toMatchObject({ action: 'cancel', outcome: 'failed' });
});

describe('(I23) a refused act is in the audit log with its reason', () => {
  const requests: ['POST' | 'PATCH' | 'DELETE', string, string, object?][] = [
    ['POST', '/sync', 'sync-now', { models: ['hris_teams'] }],
    ['POST', '/full-sync', 'full-sync', { models: ['hris_teams'] }],
    ['POST', '/cancel', 'cancel'],
    ['POST', '/pause', 'pause', { reason: 'a reason' }],
    ['POST', '/resume', 'resume'],
    ['DELETE', '?erase=true', 'remove'],
    ['PATCH', '', 'set', { models: null }],
  ];

  test.each(requests)('404: %s %s', async (method, path, action, body) => {
    const { call } = await startApi(store);
    const nobody = uniqueIntegrationId();
    const headers = { 'x-actor': 'ada' };
    const answer = await call(method, `/integrations/${nobody}${path}`, { body, headers });
    expectProblem(answer, 404, 'not_found');
    expect(await listActs(store, { integrationId: nobody })).toMatchObject([
      {
        action,
        actor: 'ada',
        source: 'api',
        address: '127.0.0.1',
        details: method === 'DELETE' ? { erase: true } : (body ?? {}),
        outcome: 'failed',
        message: answer.json<{ detail: string }>().detail,
        finishedAt: expect.any(Date) as Date,
      },
    ]);
  });

  test.each(requests.slice(0, 2))(
    '409: %s %s of a paused integration',
    async (method, path, action, body) => {
      const { call } = await startApi(store);
      await pause(store, id, 'a reason');
      expectProblem(await call(method, `/integrations/${id}${path}`, { body }), 409, 'paused');
      expect(await newestAct()).toMatchObject({
        action,
        outcome: 'failed',
        message: expect.stringContaining(`${id} is paused: "a reason"; nothing is read for it.`) as string,
      });
    },
  );

  test.each(requests.slice(3, 5))(
    '409: %s %s of a removed integration',
    async (method, path, action, body) => {
      const { call } = await startApi(store);
      await remove(store, id, { code: REMOVED.byHand, message: 'Removed by ada.', at: new Date() });
      expectProblem(await call(method, `/integrations/${id}${path}`, { body }), 409, 'removed');
      expect(await newestAct()).toMatchObject({ action, outcome: 'failed' });
    },
  );
});
