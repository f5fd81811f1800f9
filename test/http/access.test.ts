import { beforeAll, describe, expect, inject, test } from 'vitest';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { listActs } from '../support/acts.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { authorization, expectProblem, startApi, type Method } from './api.ts';
import { login } from './page-reader.ts';
import { ADMIN_TOKEN, dataChanged, recordingLog, temporalAt, testApp, testConfig } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

type Routes = [method: Method, url: string][];

/** Every route, from the OpenAPI document. */
async function everyRoute(): Promise<Routes> {
  const { app } = await testApp();
  const { paths } = (await app.inject('/api/docs/json')).json<{ paths: Record<string, object> }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): Routes[number] => [
      method.toUpperCase() as Method,
      path.replace('{id}', 'workday:nobody'),
    ]),
  );
}

describe('access to the API', () => {
  test('every route is closed, with a remedy, if no token is configured', async () => {
    const { app } = await testApp({ config: testConfig({ ADMIN_TOKEN: '' }) });
    const routes = await everyRoute();
    expect(routes.length).toBeGreaterThan(15);
    for (const [method, url] of routes) {
      const answer = await app.inject({ method, url, headers: { authorization } });
      expectProblem(answer, 403, 'closed', /ADMIN_TOKEN/);
    }
  });

  test('every route checks the token before anything else', async () => {
    const { app } = await testApp();
    for (const [method, url] of await everyRoute()) {
      expectProblem(await app.inject({ method, url }), 401, 'unauthorized', /Bearer/);
    }
  });

  test.each([undefined, 'Bearer wrong', `Basic ${ADMIN_TOKEN}`, ADMIN_TOKEN, `Bearer ${ADMIN_TOKEN}x`])(
    '401 for %s',
    async (given) => {
      const { log, text } = recordingLog();
      const { app } = await testApp({ log });
      const headers = given === undefined ? {} : { authorization: given };
      const answer = await app.inject({ url: '/api/v1/integrations', headers });
      expectProblem(answer, 401, 'unauthorized');
      expect(answer.body + text()).not.toContain(ADMIN_TOKEN);
    },
  );

  test("a wrong token is logged with the caller's address and without the token", async () => {
    const { log, text } = recordingLog();
    const { call } = await startApi(store, {}, { log });
    const headers = { authorization: 'Bearer a-wrong-guess', 'x-actor': 'ada' };
    const from = { headers, remoteAddress: '192.0.2.7' };
    expectProblem(
      await call('POST', '/integrations/workday:1/pause?a=b', { ...from, body: {} }),
      401,
      'unauthorized',
    );
    await call('GET', '/integrations/workday:1', from);
    const lines = text()
      .split('\n')
      .filter((line) => line.includes('192.0.2.7'))
      .map((line) => JSON.parse(line) as object);
    const refused = {
      level: 40,
      address: '192.0.2.7',
      integrationId: 'workday:1',
      code: 'unauthorized',
      reqId: expect.any(String) as string,
    };
    expect(lines).toEqual([
      expect.objectContaining({ ...refused, method: 'POST', route: '/api/v1/integrations/:id/pause' }),
      expect.objectContaining({ ...refused, method: 'GET', route: '/api/v1/integrations/:id' }),
    ]);
    expect(text()).not.toMatch(/a-wrong-guess|ada|a=b/);
    expect(await listActs(store, { integrationId: 'workday:1' })).toEqual([]);
  });

  test('answers tell caches not to store them', async () => {
    const { call } = await startApi(store);
    const { headers } = await call('GET', '/integrations');
    expect(headers['cache-control']).toBe('no-store');
  });
});

describe('limits', () => {
  const guess = { headers: { authorization: 'Bearer a-wrong-guess' } };

  test('ten wrong tokens per minute and address are allowed, and do not lock out other callers with this address', async () => {
    const { call } = await startApi(store);
    for (let times = 0; times < 10; times += 1) {
      expectProblem(await call('GET', '/integrations', guess), 401, 'unauthorized');
    }
    const answer = await call('GET', '/integrations', guess);
    expectProblem(answer, 429, 'too_many_requests');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await call('GET', '/integrations')).statusCode).toBe(200);
    expect((await call('GET', '/integrations', { remoteAddress: '192.0.2.1' })).statusCode).toBe(200);
  });

  test('a request without a token does not count as a wrong token', async () => {
    const { app, call } = await startApi(store);
    for (let times = 0; times < 20; times += 1) {
      expect((await app.inject('/api/v1/integrations')).statusCode).toBe(401);
    }
    expect((await call('GET', '/integrations')).statusCode).toBe(200);
  });

  test('three hundred requests per minute and address are allowed, and headers count them', async () => {
    const { call } = await startApi(store);
    const first = await call('GET', '/unknown-integrations');
    expect(first.headers).toMatchObject({ 'ratelimit-limit': '300', 'ratelimit-remaining': '299' });
    const answers = await Promise.all(
      Array.from({ length: 299 }, () => call('GET', '/integrations?limit=nothing')),
    );
    expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(new Set([400]));
    const refused = await call('GET', '/unknown-integrations');
    expectProblem(refused, 429, 'too_many_requests', /try again in \d+ s/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const other = await call('GET', '/unknown-integrations', { remoteAddress: '192.0.2.1' });
    expect(other.statusCode).toBe(200);
  });

  test('ten wrong logins per minute and address are allowed, and do not lock out other callers with this address', async () => {
    const { app } = await testApp({ store });
    const login = (remoteAddress: string, token = 'wrong') =>
      app.inject({
        method: 'POST',
        url: '/login',
        remoteAddress,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `token=${token}`,
      });
    for (let times = 0; times < 10; times += 1) expect((await login('192.0.2.1')).statusCode).toBe(401);
    const refused = await login('192.0.2.1');
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    // A browser that sent a form gets a page.
    expect(refused.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(refused.body).toMatch(/role="alert">Too many requests from this address; try again in \d+ s\./);
    expect(refused.headers['set-cookie']).toBeUndefined();
    expect((await login('192.0.2.1', ADMIN_TOKEN)).statusCode).toBe(303);
    expect((await login('192.0.2.2')).statusCode).toBe(401);
  });

  test('webhooks and probes are never limited, regardless of other requests from the address', async () => {
    const temporal = temporalAt(inject('temporalAddress'));
    const { app, deliver } = await testApp({ store, temporal, send: () => Promise.resolve() });
    const wrong = () => app.inject({ url: '/api/v1/summary', headers: guess.headers });
    await Promise.all(Array.from({ length: 20 }, wrong));
    expect((await wrong()).statusCode).toBe(429);
    const body = dataChanged('personio:1', 'hris_teams');
    const deliveries = await Promise.all(Array.from({ length: 400 }, () => deliver(body)));
    const unsigned = await Promise.all(Array.from({ length: 400 }, () => deliver(body, 'wrong')));
    const alive = await Promise.all(Array.from({ length: 400 }, () => app.inject('/healthz')));
    expect(new Set(deliveries.map((answer) => answer.statusCode))).toEqual(new Set([200]));
    expect(new Set(unsigned.map((answer) => answer.statusCode))).toEqual(new Set([401]));
    expect(new Set(alive.map((answer) => answer.statusCode))).toEqual(new Set([200]));
    for (let times = 0; times < 320; times += 1) {
      expect((await app.inject('/metrics')).statusCode).toBe(200);
      expect((await app.inject('/readyz')).statusCode).toBe(200);
    }
  });
});

test('refused tokens and logins are counted, and ten of each kind per minute are logged', async () => {
  const { log, text } = recordingLog();
  const { app } = await testApp({ store, log });
  const wrong = { authorization: 'Bearer a-wrong-guess' };
  for (let times = 0; times < 12; times += 1) {
    const remoteAddress = `192.0.2.${times}`;
    await app.inject({ url: '/api/v1/summary', headers: wrong, remoteAddress });
    await app.inject({ url: '/api/v1/summary', remoteAddress });
    await login(app, 'a-wrong-guess');
  }
  const metrics = (await app.inject('/metrics')).body;
  expect(metrics).toContain('kombo_sync_tokens_refused_total{at="api",token="wrong"} 12');
  expect(metrics).toContain('kombo_sync_tokens_refused_total{at="api",token="none"} 12');
  expect(metrics).toContain('kombo_sync_tokens_refused_total{at="login",token="wrong"} 12');
  expect(text().split('"route":"/login"')).toHaveLength(11);
  expect(text().split('"route":"/api/v1/summary"')).toHaveLength(11);
  expect(text()).not.toContain('a-wrong-guess');
});

describe('the address of a caller', () => {
  const forwarded = { 'x-forwarded-for': '198.51.100.7' };
  const addressOf = async (settings: Record<string, string>, remoteAddress: string) => {
    const id = uniqueIntegrationId();
    await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    const { call } = await startApi(store, settings);
    const answer = await call('POST', `/integrations/${id}/cancel`, { headers: forwarded, remoteAddress });
    expect(answer.statusCode).toBe(200);
    const [entry] = await listActs(store, { integrationId: id });
    return entry?.address;
  };

  test('is that of the connection, regardless of the headers', async () => {
    expect(await addressOf({}, '10.1.2.3')).toBe('10.1.2.3');
  });

  test('is the one that a trusted proxy sends', async () => {
    expect(await addressOf({ TRUST_PROXY: '10.0.0.0/8' }, '10.1.2.3')).toBe('198.51.100.7');
  });

  test('is not the one that another caller sends', async () => {
    expect(await addressOf({ TRUST_PROXY: '10.0.0.0/8,::1' }, '192.0.2.9')).toBe('192.0.2.9');
  });

  test.each(['yes', '1', '10.0.0.0/33', '10.0.0', '::1/129', ','])('TRUST_PROXY=%s is refused', (value) => {
    expect(() => testConfig({ TRUST_PROXY: value })).toThrow(/TRUST_PROXY .*10\.0\.0\.0\/8/);
  });
});

describe('the actor', () => {
  const actorOf = async (headers: Record<string, string>) => {
    const id = uniqueIntegrationId();
    await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    const { call } = await startApi(store);
    const answer = await call('POST', `/integrations/${id}/cancel`, { headers });
    const [entry] = await listActs(store, { integrationId: id });
    return { answer, entry };
  };

  test('is admin if the caller sends no name', async () => {
    const { entry } = await actorOf({});
    expect(entry).toMatchObject({ actor: 'admin', source: 'api', action: 'cancel', outcome: 'done' });
  });

  test.each([
    ['ops@example.com', 'ops@example.com'],
    [' Ada Lovelace ', 'Ada Lovelace'],
    // As UTF-8 arrives, and as Latin-1 arrives.
    [Buffer.from('Jörg').toString('latin1'), 'Jörg'],
    ['J\u00f6rg', 'Jörg'],
  ])('sent as %s is recorded', async (given, actor) => {
    expect((await actorOf({ 'x-actor': given })).entry).toMatchObject({ actor, source: 'api' });
  });

  test.each([['x'.repeat(201)], ['']])('400 for an invalid name: "%s"', async (given) => {
    const { answer, entry } = await actorOf({ 'x-actor': given });
    expectProblem(answer, 400, 'bad_request', /x-actor/);
    expect(entry).toBeUndefined();
  });
});
