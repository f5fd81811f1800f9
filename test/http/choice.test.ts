import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REMOVED } from '../../src/domain/life.ts';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { pause, remove } from '../../src/store/state/life.ts';
import { listActs } from '../support/acts.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { readPass } from '../store/support.ts';
import { expectProblem, startApi, terminateAfter, type Call } from './api.ts';
import { CLOSED_ADDRESS, temporalAt } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

let id: string;
let call: Call;
beforeEach(async () => {
  id = uniqueIntegrationId();
  await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
  const api = await startApi(store);
  terminateAfter(api.temporal, syncWorkflowId(id));
  call = api.call;
});

const set = (body: object, headers: Record<string, string> = {}) =>
  call('PATCH', `/integrations/${encodeURIComponent(id)}`, { body, headers });
const acts = () => listActs(store, { integrationId: id });

describe('PATCH of an integration', () => {
  test('stores its choice, returns what is read and what is not, and records the act', async () => {
    const answer = await set(
      { models: ['hris_groups', 'hris_absence*'], excludeModels: ['hris_absences'] },
      { 'x-actor': 'ada' },
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      integration: { id, models: ['hris_groups', 'hris_absence*'], excludeModels: ['hris_absences'] },
      changed: true,
      read: ['/hris/groups', '/hris/absence-types'],
      sync: null,
      erased: null,
    });
    expect(answer.json<{ notChosen: object[] }>().notChosen).toContainEqual({
      endpoint: '/hris/absences',
      by: 'integration',
    });
    expect(await acts()).toMatchObject([
      {
        action: 'set',
        actor: 'ada',
        source: 'api',
        outcome: 'done',
        details: { excludeModels: ['hris_absences'] },
      },
    ]);
    const shown = await call('GET', `/integrations/${id}`);
    expect(shown.json()).toMatchObject({
      models: ['hris_groups', 'hris_absence*'],
      notChosen: answer.json<{ notChosen: object[] }>().notChosen,
      readsNothing: false,
    });
    expect(shown.json<{ endpoints: object[] }>().endpoints).toContainEqual(
      expect.objectContaining({ endpoint: '/hris/absences', notChosen: { by: 'integration', since: null } }),
    );
  });

  test('starts a sync for what it adds, keeps the other part, and null or * clears a part', async () => {
    await set({ models: ['hris_groups'], excludeModels: ['hris_payslips'] });
    for (const models of [null, ['*', 'hris_groups']]) {
      await set({ models: ['hris_groups'] });
      const answer = await set({ models });
      expect(answer.json()).toMatchObject({
        integration: { models: null, excludeModels: ['hris_payslips'] },
        changed: true,
        notChosen: [{ endpoint: '/hris/payslips', by: 'integration' }],
        sync: { workflowId: syncWorkflowId(id), integrationId: id },
      });
    }
    expect((await set({ models: null })).json()).toMatchObject({ changed: false, sync: null });
    expect((await set({ excludeModels: null })).json()).toMatchObject({ notChosen: [], changed: true });
  });

  test('starts no sync for a paused integration', async () => {
    await set({ models: ['hris_groups'] });
    await pause(store, id, 'a reason');
    expect((await set({ models: null })).json()).toMatchObject({ changed: true, sync: null });
  });

  test('erases what is left out on request, and erases nothing when repeated', async () => {
    await readPass(store, id, '/hris/absences', 'full', [[{ id: 'a' }, { id: 'b' }]]);
    expect((await set({ excludeModels: ['hris_absences'] })).json()).toMatchObject({ erased: null });
    expect((await set({ erase: true })).json()).toMatchObject({
      changed: false,
      erased: [{ table: 'hris_absences', rows: 2 }],
    });
    expect((await set({ erase: true })).json()).toMatchObject({ erased: [] });
  });

  test.each<[string, object, number, string, RegExp]>([
    [
      'a name that picks nothing',
      { models: ['hris_employes'] },
      422,
      'unknown_model',
      /did you mean hris_employees\?/,
    ],
    [
      'a name of another category',
      { excludeModels: ['ats_jobs'] },
      422,
      'unknown_model',
      /^Not a model of HRIS: ats_jobs/,
    ],
    ['a pattern that picks nothing', { models: ['ats_*'] }, 422, 'unknown_model', /^Unknown model: ats_\*/],
    ['a choice of nothing', { excludeModels: ['*'] }, 400, 'bad_request', /leaves nothing to read/],
    ['nothing to do', {}, 400, 'bad_request', /Say what to choose/],
    ['no names', { models: [] }, 400, 'bad_request', /models/],
    ['an unknown field', { model: ['hris_groups'] }, 400, 'bad_request', /model/],
  ])('%s is refused, and nothing is stored', async (_what, body, status, code, detail) => {
    expectProblem(await set(body), status, code, detail);
    expect(await findIntegration(store, id)).toMatchObject({ models: null, excludeModels: null });
    expect(await acts()).toEqual([]);
  });

  test('404 if unknown, 409 if removed, with the refusal in the audit log', async () => {
    const nobody = await call('PATCH', '/integrations/nobody:1', { body: { models: null } });
    expectProblem(nobody, 404, 'not_found');
    await remove(store, id, { code: REMOVED.byHand, message: 'gone', at: new Date() });
    expectProblem(await set({ models: ['hris_groups'] }), 409, 'removed');
    expect(await acts()).toMatchObject([{ action: 'set', outcome: 'failed' }]);
  });

  test('a request that is repeated with the same key is done once', async () => {
    const key = { 'idempotency-key': crypto.randomUUID() };
    const first = await set({ models: ['hris_groups'] }, key);
    const again = await set({ models: ['hris_groups'] }, key);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toBe(first.body);
    expect(await acts()).toHaveLength(1);
  });

  test('narrows the choice while Temporal is away, but does not widen it', async () => {
    const { call: without } = await startApi(store, {}, { temporal: temporalAt(CLOSED_ADDRESS) });
    const ask = (models: string[] | null) => without('PATCH', `/integrations/${id}`, { body: { models } });
    expect((await ask(['hris_groups'])).statusCode).toBe(200);
    expectProblem(await ask(null), 503, 'temporal_unavailable');
    expect(await findIntegration(store, id)).toMatchObject({ models: ['hris_groups'] });
  });
});

test('a read of a model that is not chosen is refused with 409 and the remedy', async () => {
  await set({ excludeModels: ['hris_absences'] });
  for (const path of ['sync', 'full-sync']) {
    const answer = await call('POST', `/integrations/${id}/${path}`, { body: { models: ['hris_absences'] } });
    expectProblem(answer, 409, 'not_chosen', /integrations set .* --models/);
  }
});
