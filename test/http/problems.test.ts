import { beforeAll, describe, expect, inject, test } from 'vitest';
import { defined } from '../../src/domain/defined.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { startServer } from '../../src/http/server.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { authorization, expectProblem, startApi, type Method } from './api.ts';
import { CLOSED_ADDRESS, recordingLog, silentServer, temporalAt, testApp, testDeps } from './support.ts';

let store: TestStore;
let id: string;
beforeAll(async () => {
  store = await createTestStore();
  id = uniqueIntegrationId();
  await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
});

const ofOne: [Method, string, object?][] = [
  ['GET', ''],
  ['GET', '/syncs'],
  ['GET', '/passes'],
  ['GET', '/drift'],
  ['GET', '/rejected-records'],
  ['GET', '/cutover'],
  ['PATCH', '', { models: null }],
  ['DELETE', ''],
  ['POST', '/sync'],
  ['POST', '/full-sync'],
  ['POST', '/cancel'],
  ['POST', '/pause', { reason: 'a reason' }],
  ['POST', '/resume'],
];

const ofAll: [Method, string, object?][] = [
  ['GET', '/integrations'],
  ['GET', '/summary'],
  ['GET', '/changes'],
  ['GET', '/audit'],
  ['GET', '/unknown-integrations'],
  ['GET', '/cutover'],
  ['POST', '/full-syncs'],
];

describe('404', () => {
  test.each(ofOne)('%s %s of an unknown integration', async (method, path, body) => {
    const { call } = await startApi(store);
    const answer = await call(method, `/integrations/workday:nobody${path}`, { body });
    expectProblem(answer, 404, 'not_found', /workday:nobody/);
  });

  test.each(['/nothing', '/api/v1/nothing', '/api/v1'])('at %s', async (url) => {
    const { app } = await testApp();
    expectProblem(await app.inject({ url, headers: { authorization } }), 404, 'not_found', /no GET/);
  });

  test('for a method that the address does not have', async () => {
    const { call } = await startApi(store);
    expectProblem(await call('PUT', `/integrations/${id}`), 404, 'not_found', /no PUT/);
  });
});

test.each<[string, Method, string, object]>([
  ['an unknown model', 'POST', `/sync`, { models: ['hris_moods'] }],
  ['a model of another category', 'POST', `/full-sync`, { models: ['ats_jobs'] }],
  ['a pattern that picks nothing', 'PATCH', '', { excludeModels: ['ats_*'] }],
])('422 for %s', async (_name, method, path, body) => {
  const { call } = await startApi(store);
  expectProblem(await call(method, `/integrations/${id}${path}`, { body }), 422, 'unknown_model');
});

describe('400', () => {
  test.each<[string, Method, string, object?]>([
    ['no model', 'POST', `/sync`, { models: [] }],
    ['an unknown field', 'POST', `/sync`, { model: 'hris_teams' }],
    ['a body that is a list', 'POST', `/sync`, []],
    ['an invalid date', 'POST', `/full-sync`, { since: 'yesterday' }],
    ['a day in the future', 'POST', `/full-sync`, { since: '2999-01-01' }],
    ['a moment in the future', 'POST', `/full-sync`, { since: '2999-01-01T08:00:00+02:00' }],
    ['an invalid flag', 'POST', `/full-sync`, { allowMassDeletion: 'yes' }],
    ['a pause without a reason', 'POST', '/pause', {}],
    ['a pause with an empty reason', 'POST', '/pause', { reason: ' ' }],
    ['a pause with a reason of two lines', 'POST', '/pause', { reason: 'one\ntwo' }],
    ['a pause with a character that Postgres cannot hold', 'POST', '/pause', { reason: 'a\u0000b' }],
    ['a pause with an endless reason', 'POST', '/pause', { reason: 'x'.repeat(501) }],
    ['a removal with an odd flag', 'DELETE', '?erase=maybe'],
    ['too small a page', 'GET', '/syncs?limit=0'],
    ['too large a page', 'GET', '/passes?limit=501'],
    ['a limit that is not a number', 'GET', '/drift?limit=many'],
    ['a limit with an exponent', 'GET', '/syncs?limit=1e2'],
    ['a limit in hexadecimal', 'GET', '/passes?limit=0x10'],
    ['a limit with a sign', 'GET', '/drift?limit=%2B5'],
    ['a limit with a blank', 'GET', '/rejected-records?limit=%205'],
    ['a limit with a fraction', 'GET', '/syncs?limit=5.0'],
    ['an empty limit', 'GET', '/syncs?limit='],
    ['a limit that is given twice', 'GET', '/drift?limit=1&limit=2'],
    ['an unknown parameter', 'GET', '/passes?status=failed'],
    ['an unknown state', 'GET', '/passes?state=stuck'],
    ['an invalid cursor', 'GET', '/syncs?cursor=abc'],
    ['a cursor of another list', 'GET', `/passes?cursor=${Buffer.from('["a","b"]').toString('base64url')}`],
    ['a cursor with too much', 'GET', `/passes?cursor=${Buffer.from('[1,2,3]').toString('base64url')}`],
    [
      'a cursor with a nul',
      'GET',
      `/rejected-records?cursor=${Buffer.from('["\\u0000","b"]').toString('base64url')}`,
    ],
  ])('for %s', async (_name, method, path, body) => {
    const { call } = await startApi(store);
    expectProblem(await call(method, `/integrations/${id}${path}`, { body }), 400, 'bad_request');
  });

  test.each<[string, Method, string, object?]>([
    ['an unknown status', 'GET', '/integrations?status=sleeping'],
    ['an unknown category', 'GET', '/integrations?category=hris'],
    ['an odd flag', 'GET', '/integrations?failing=1'],
    ['an empty search', 'GET', '/integrations?search='],
    ['an id that is not a text', 'POST', '/integrations', { id: 7 }],
    ['an id that cannot be shown', 'POST', '/integrations', { id: 'a\u0000b' }],
    ['an endless id', 'POST', '/integrations', { id: 'x'.repeat(201) }],
    ['no id', 'POST', '/integrations'],
    ['a pace of nothing', 'POST', '/full-syncs', { perMinute: 0 }],
    ['a day in the future', 'POST', '/full-syncs', { since: '2999-01-01' }],
    ['models with all integrations', 'POST', '/full-syncs', { models: ['ats_jobs'] }],
    ['an invalid position', 'GET', '/changes?after=-1'],
    ['a position that no feed reaches', 'GET', '/changes?after=9223372036854775808'],
    ['an odd position in the audit log', 'GET', '/audit?before=0'],
    ['a position in the audit log with an exponent', 'GET', '/audit?before=1e2'],
    ['an unknown verdict', 'GET', '/cutover?verdict=maybe'],
    ['an invalid cursor', 'GET', '/cutover?cursor=abc'],
    ['a nul in an id', 'GET', '/integrations/a%00b'],
    ['half a character in an id', 'GET', '/integrations/%E4%BD'],
  ])('for %s', async (_name, method, path, body) => {
    const { call } = await startApi(store);
    expectProblem(await call(method, path, { body }), 400, 'bad_request');
  });

  test.each([
    ...ofAll,
    ...ofOne.map(([method, path, ...body]): [Method, string, object?] => [
      method,
      `/integrations/x:1${path}`,
      ...body,
    ]),
  ])('for an unknown parameter of %s %s, with its name', async (method, path, body) => {
    const { call } = await startApi(store);
    const answer = await call(method, `${path}?limits=5`, { body });
    expectProblem(answer, 400, 'bad_request', /limits/);
  });

  test('says what a valid limit is', async () => {
    const { call } = await startApi(store);
    expectProblem(
      await call('GET', '/integrations?limit=1e2'),
      400,
      'bad_request',
      '/limit must be a whole number',
    );
  });

  test('says where the request is wrong, without quoting it', async () => {
    const { log, text } = recordingLog();
    const { call } = await startApi(store, {}, { log });
    const json = { 'content-type': 'application/json' };
    const body = '{"reason": jane@example.com}';
    const broken = await call('POST', `/integrations/${id}/pause`, { headers: json, body });
    expectProblem(broken, 400, 'bad_request');
    const wrong = await call('POST', `/integrations/${id}/sync`, {
      body: { models: [{ name: 'jane@example.com' }] },
    });
    expectProblem(wrong, 400, 'bad_request', /models\/0/);
    expect(broken.body + wrong.body + text()).not.toContain('jane');
  });
});

test('413 for a body that is too large, 414 for an id that is too long, 415 for another type than JSON', async () => {
  const { call } = await startApi(store);
  const large = await call('POST', `/integrations/${id}/pause`, { body: { reason: 'x'.repeat(1_100_000) } });
  expectProblem(large, 413, 'too_large');
  expectProblem(await call('GET', `/integrations/${'x'.repeat(700)}`), 414, 'too_long');
  const xml = { headers: { 'content-type': 'application/xml' }, body: '<reason/>' };
  expectProblem(await call('POST', `/integrations/${id}/pause`, xml), 415, 'unsupported_media_type');
});

describe('503', () => {
  const one = ofOne.map(([method, path, ...body]): [Method, string, object?] => [
    method,
    `/integrations/personio:1${path}`,
    ...body,
  ]);

  test.each([...ofAll, ...one])('%s %s without Postgres', async (method, path, body) => {
    const { app } = await testApp({ temporal: temporalAt(inject('temporalAddress')) });
    const answer = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { authorization },
      ...defined({ body }),
    });
    expectProblem(answer, 503, 'database_unavailable', /readyz/);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('if the schema is behind, with what to do', async () => {
    const behind = await createTestStore();
    await behind.pool.query('drop table kombo_sync.drift cascade');
    const { log, text } = recordingLog();
    const { call } = await startApi(behind, {}, { log });
    const answer = await call('GET', '/integrations');
    expectProblem(answer, 503, 'database_unavailable', /kombo-sync migrate/);
    expect(answer.body).not.toMatch(/drift|relation|select/);
    expect(text()).toContain('drift');
  });

  const away: [string, () => Promise<string>][] = [
    ['nothing listens', () => Promise.resolve(CLOSED_ADDRESS)],
    ['a server takes the connection and stays silent', silentServer],
  ];

  test.each(away)('without Temporal, if %s', async (_name, address) => {
    const { call } = await startApi(store, {}, { temporal: temporalAt(await address()) });
    const startedAt = performance.now();
    const answers = await Promise.all([
      call('POST', `/integrations/${id}/sync`),
      call('POST', `/integrations/${id}/resume`),
      call('POST', `/integrations/${id}/full-sync`),
      call('POST', `/integrations/${id}/cancel`),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    for (const answer of answers) expectProblem(answer, 503, 'temporal_unavailable', /readyz/);
  });

  test('if the connection to Temporal is closed during an act, for example at the end of a shutdown', async () => {
    const temporal = temporalAt(inject('temporalAddress'));
    const { log, text } = recordingLog();
    const { call } = await startApi(store, {}, { temporal, log });
    await temporal.close();
    const answer = await call('POST', `/integrations/${id}/sync`);
    expectProblem(answer, 503, 'temporal_unavailable', /readyz/);
    expect(text()).not.toContain('Something went wrong');
  });

  test('not for one integration, which is shown without its schedules', async () => {
    const { call } = await startApi(store, {}, { temporal: temporalAt(CLOSED_ADDRESS) });
    const answer = await call('GET', `/integrations/${id}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ id, schedules: null });
  });

  test('if no worker accepts a sync', { timeout: 40_000 }, async () => {
    const { call, temporal, config } = await startApi(store);
    const answer = await call('POST', `/integrations/${id}/sync`);
    expectProblem(answer, 503, 'no_worker', new RegExp(`worker.*${config.TASK_QUEUE}`, 's'));
    await temporal.client.workflow.getHandle(`sync/${id}`).terminate('end of the test');
  });
});

test('500 reveals no internal details, and the log names the request', async () => {
  const { log, text } = recordingLog();
  const { call } = await startApi(store, {}, { log });
  // Postgres cannot convert this time into the number for a cursor.
  await store.pool.query(
    `insert into kombo_sync.unknown_integrations (integration_id, last_seen_at) values ('odd:1', 'infinity')`,
  );
  const answer = await call('GET', '/unknown-integrations');
  await store.pool.query('delete from kombo_sync.unknown_integrations');
  expectProblem(answer, 500, 'internal', /the log says what/);
  expect(answer.body).not.toMatch(/odd:1|infinity|bigint|\.ts/);
  const { instance } = answer.json<{ instance: string }>();
  expect(text()).toContain(`"reqId":"${instance.replace('urn:uuid:', '')}"`);
  expect(text()).toContain('cannot convert infinity');
});

test('over a real connection, a broken escape in the address gets a problem too', async () => {
  const server = await startServer(testDeps());
  try {
    const response = await fetch(`${server.url}/api/v1/integrations/%E0%A4%A`, {
      headers: { authorization },
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ code: 'bad_request', status: 400 });
  } finally {
    await server.close();
  }
});
