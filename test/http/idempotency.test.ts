import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimKey } from '../../src/store/state/idempotency.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { fullSyncWorkflowId } from '../../src/domain/names.ts';
import { listActs } from '../support/acts.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { expectProblem, startApi, terminateAfter, type CallOptions } from './api.ts';
import { CLOSED_ADDRESS, recordingLog, temporalAt } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

let id: string;
let key: string;
beforeEach(async () => {
  id = uniqueIntegrationId();
  key = crypto.randomUUID();
  await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
});

test('an answer is stored with its integration, so that it is erased with the data', async () => {
  const { call } = await startApi(store);
  await call('POST', `/integrations/${id}/pause`, keyed({ reason: 'audit' }));
  const { rows } = await store.pool.query(
    'select integration_id, status from kombo_sync.idempotency_keys where key = $1',
    [key],
  );
  expect(rows).toEqual([{ integration_id: id, status: 200 }]);
});

const keyed = (body?: object): CallOptions => ({ headers: { 'idempotency-key': key }, body });
const acts = async () => (await listActs(store, { integrationId: id })).map((entry) => entry.action);
const setAge = (interval: string) =>
  store.pool.query(
    `update kombo_sync.idempotency_keys set created_at = now() - $2::interval where key = $1`,
    [key, interval],
  );

test('a repeated request with the same key gets the first answer, and nothing is done', async () => {
  const { call, temporal } = await startApi(store);
  terminateAfter(temporal, fullSyncWorkflowId(id));
  const path = `/integrations/${id}/full-sync`;
  const first = await call('POST', path, keyed({ models: ['hris_employees'], since: '2026-01-01' }));
  expect(first.statusCode).toBe(202);
  expect(first.headers['idempotency-replayed']).toBeUndefined();
  const again = await call('POST', `/integrations/${encodeURIComponent(id)}/full-sync`, {
    headers: { 'idempotency-key': key, 'content-type': 'application/json' },
    body: '{ "since": "2026-01-01",\n "models": ["hris_employees"] }',
  });
  expect(again.statusCode).toBe(202);
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.headers['content-type']).toBe(first.headers['content-type']);
  expect(again.body).toBe(first.body);
  expect(await acts()).toEqual(['full-sync']);
});

test.each<[string, string, object | undefined]>([
  ['another body', '/pause', { reason: 'another reason' }],
  ['another path', '/resume', undefined],
])('422 for the same key with %s', async (_name, path, body) => {
  const { call } = await startApi(store);
  const first = await call('POST', `/integrations/${id}/pause`, keyed({ reason: 'a reason' }));
  expect(first.statusCode).toBe(200);
  const other = await call('POST', `/integrations/${id}${path}`, keyed(body));
  expectProblem(other, 422, 'idempotency_key_reused', /take a new one/);
  expect(await acts()).toEqual(['pause']);
});

test('422 for the same key with another query, and for another method', async () => {
  const { call } = await startApi(store);
  expect((await call('DELETE', `/integrations/${id}`, keyed())).statusCode).toBe(200);
  const erase = await call('DELETE', `/integrations/${id}?erase=true`, keyed());
  expectProblem(erase, 422, 'idempotency_key_reused');
  expectProblem(await call('POST', `/integrations/${id}/cancel`, keyed()), 422, 'idempotency_key_reused');
  expect((await findIntegration(store, id))?.status).toBe('removed');
  expect(await acts()).toEqual(['remove']);
});

test('a refusal is repeated for its key, even if the act would be allowed now', async () => {
  const { call } = await startApi(store);
  const unknown = uniqueIntegrationId();
  const first = await call('POST', `/integrations/${unknown}/pause`, keyed({ reason: 'a reason' }));
  expectProblem(first, 404, 'not_found');
  await saveIntegration(store, { id: unknown, tool: 'bombohr', category: 'HRIS' });
  const again = await call('POST', `/integrations/${unknown}/pause`, keyed({ reason: 'a reason' }));
  expectProblem(again, 404, 'not_found');
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.body).toBe(first.body);
});

test('an act that was not done because Temporal was away is tried again', async () => {
  const { call: callWithout } = await startApi(store, {}, { temporal: temporalAt(CLOSED_ADDRESS) });
  const without = await callWithout('POST', `/integrations/${id}/cancel`, keyed());
  expectProblem(without, 503, 'temporal_unavailable');
  const { call } = await startApi(store);
  const again = await call('POST', `/integrations/${id}/cancel`, keyed());
  expect(again.statusCode).toBe(200);
  expect(again.headers['idempotency-replayed']).toBeUndefined();
});

test('an invalid request leaves the key free', async () => {
  const { call } = await startApi(store);
  const model = await call('POST', `/integrations/${id}/full-sync`, keyed({ models: ['ats_jobs'] }));
  expectProblem(model, 422, 'unknown_model', /Not a model of HRIS/);
  expectProblem(await call('POST', `/integrations/${id}/pause`, keyed({})), 400, 'bad_request');
  const good = await call('POST', `/integrations/${id}/pause`, keyed({ reason: 'a reason' }));
  expect(good.statusCode).toBe(200);
});

describe('concurrent requests', () => {
  test('one of many equal requests acts; the others get its answer, or are told to try again', async () => {
    const { call, temporal } = await startApi(store);
    terminateAfter(temporal, fullSyncWorkflowId(id));
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => call('POST', `/integrations/${id}/full-sync`, keyed())),
    );
    const started = answers.filter((answer) => answer.statusCode === 202);
    const waiting = answers.filter((answer) => answer.statusCode === 409);
    expect(started.length + waiting.length).toBe(12);
    expect(new Set(started.map((answer) => answer.body)).size).toBe(1);
    expect(started.filter((answer) => answer.headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    for (const answer of waiting) {
      expectProblem(answer, 409, 'idempotency_key_in_use', /still runs/);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(await acts()).toEqual(['full-sync']);
    const later = await call('POST', `/integrations/${id}/full-sync`, keyed());
    expect(later.body).toBe(started[0]!.body);
    expect(later.headers['idempotency-replayed']).toBe('true');
  });

  test('another request with the key is refused while the first one runs', async () => {
    const { call } = await startApi(store);
    await claimKey(store, key, 'the fingerprint of another request');
    expectProblem(await call('POST', `/integrations/${id}/cancel`, keyed()), 422, 'idempotency_key_reused');
    expect(await acts()).toEqual([]);
  });
});

describe('if a process broke off before it answered', () => {
  /** A key as a crash leaves it: claimed, but never answered. */
  const leaveUnanswered = async (interval: string) => {
    const { call } = await startApi(store);
    await call('POST', `/integrations/${id}/cancel`, keyed());
    await store.pool.query(
      'update kombo_sync.idempotency_keys set status = null, body = null where key = $1',
      [key],
    );
    await setAge(interval);
    return call;
  };

  test('the key is in use for a few minutes', async () => {
    const call = await leaveUnanswered('4 minutes');
    const answer = await call('POST', `/integrations/${id}/cancel`, keyed());
    expectProblem(answer, 409, 'idempotency_key_in_use');
  });

  test('after that, one of many equal requests takes it over', async () => {
    const call = await leaveUnanswered('6 minutes');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call('POST', `/integrations/${id}/cancel`, keyed())),
    );
    const done = answers.filter((answer) => answer.statusCode === 200);
    expect(done.filter((answer) => answer.headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    expect(await acts()).toEqual(['cancel', 'cancel']);
  });

  test('another request cannot take it over before a day is over', async () => {
    const call = await leaveUnanswered('6 minutes');
    const pause = () => call('POST', `/integrations/${id}/pause`, keyed({ reason: 'a reason' }));
    expectProblem(await pause(), 422, 'idempotency_key_reused');
    await setAge('25 hours');
    expect((await pause()).statusCode).toBe(200);
  });
});

test('an answer after the key was taken over does not replace the new one', async () => {
  const { call } = await startApi(store);
  const slow = store.pool.connect();
  const client = await slow;
  try {
    // Stops the act where it writes the status, until the key has been taken over.
    await client.query('begin');
    await client.query('select 1 from kombo_sync.integrations where id = $1 for update', [id]);
    const first = call('POST', `/integrations/${id}/pause`, keyed({ reason: 'a reason' }));
    await expect.poll(acts).toEqual(['pause']);
    await store.pool.query(
      `update kombo_sync.idempotency_keys set created_at = now(), status = 200, body = '"the new answer"' where key = $1`,
      [key],
    );
    await client.query('rollback');
    expect((await first).statusCode).toBe(200);
  } finally {
    client.release();
  }
  const again = await call('POST', `/integrations/${id}/pause`, keyed({ reason: 'a reason' }));
  expect(again.body).toBe('"the new answer"');
});

test('nothing is done under a key that Postgres cannot store', async () => {
  const { log, text } = recordingLog();
  const { app } = await startApi(store, {}, { log });
  await store.pool.query('alter table kombo_sync.idempotency_keys rename to hidden');
  try {
    const answer = await app.inject({
      method: 'POST',
      url: `/api/v1/integrations/${id}/cancel`,
      headers: { authorization: 'Bearer admin-token-of-the-tests', 'idempotency-key': key },
    });
    expectProblem(answer, 503, 'database_unavailable', /kombo-sync migrate/);
    expect(answer.body).not.toMatch(/idempotency_keys|relation/);
    expect(text()).toContain('idempotency_keys');
  } finally {
    await store.pool.query('alter table kombo_sync.hidden rename to idempotency_keys');
  }
  expect(await acts()).toEqual([]);
});

test.each(['x'.repeat(201), 'two words', ''])('400 for an invalid key: "%s"', async (given) => {
  const { call } = await startApi(store);
  const answer = await call('POST', `/integrations/${id}/cancel`, { headers: { 'idempotency-key': given } });
  expectProblem(answer, 400, 'bad_request', /idempotency-key/);
  expect(await acts()).toEqual([]);
});

test('a key of a request that only reads is ignored', async () => {
  const { call } = await startApi(store);
  expect((await call('GET', `/integrations/${id}`, keyed())).statusCode).toBe(200);
  expect((await call('GET', '/summary', keyed())).statusCode).toBe(200);
});
