import { beforeAll, describe, expect, test } from 'vitest';
import { createTestStore, type TestStore } from '../support/database.ts';
import { cookieOf, login } from './page-reader.ts';
import { ADMIN_TOKEN, testApp, testConfig } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

describe('access to the pages', () => {
  test('the pages are closed, with a remedy, if no token is configured', async () => {
    const { app } = await testApp({ config: testConfig({ ADMIN_TOKEN: '' }) });
    const response = await app.inject('/');
    expect(response.statusCode).toBe(403);
    expect(response.body).toContain('ADMIN_TOKEN');
    expect((await login(app, '')).statusCode).toBe(403);
  });

  test('a form asks for the token, and a wrong one opens nothing', async () => {
    const { app } = await testApp({ store });
    const form = await app.inject('/');
    expect(form.statusCode).toBe(401);
    expect(form.body).toContain('action="/login"');
    const wrong = await login(app, 'wrong');
    expect(wrong.statusCode).toBe(401);
    expect(wrong.headers['set-cookie']).toBeUndefined();
    for (const forged of ['forged', 'x'.repeat(43)]) {
      const headers = { cookie: `kombo_sync_session=${forged}` };
      expect((await app.inject({ url: '/', headers })).statusCode).toBe(401);
    }
  });

  test('the token gives a cookie that opens the page, is not the token, and does not open the API', async () => {
    const { app } = await testApp({ store });
    const response = await login(app, ADMIN_TOKEN);
    expect(response.statusCode).toBe(303);
    expect(response.headers.location).toBe('/');
    expect(response.headers['set-cookie']).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(response.headers['set-cookie']).not.toContain(ADMIN_TOKEN);
    const cookie = cookieOf(response);
    expect((await app.inject({ url: '/', headers: { cookie: `a=b; ${cookie}` } })).statusCode).toBe(200);
    expect((await app.inject({ url: '/api/v1/integrations', headers: { cookie } })).statusCode).toBe(401);
    const out = await app.inject({ method: 'POST', url: '/logout', headers: { cookie } });
    expect(out.headers['set-cookie']).toContain('Max-Age=0');
  });

  test('the cookie is limited to TLS if the caller uses TLS', async () => {
    const secure = /; Secure$/;
    const { app } = await testApp({ store });
    const behindTls = await login(app, ADMIN_TOKEN, { 'x-forwarded-proto': 'https' });
    expect(behindTls.headers['set-cookie']).toMatch(secure);
    expect((await login(app, ADMIN_TOKEN)).headers['set-cookie']).not.toMatch(secure);
    const config = testConfig({ PUBLIC_URL: 'https://example.com' });
    const { app: known } = await testApp({ store, config });
    expect((await login(known, ADMIN_TOKEN)).headers['set-cookie']).toMatch(secure);
  });
});

describe('a session', () => {
  const openPage = (app: Parameters<typeof login>[0], cookie: string) =>
    app.inject({ url: '/', headers: { cookie } }).then((response) => response.statusCode);
  const logOut = (app: Parameters<typeof login>[0], cookie: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: '/logout', headers: { cookie, ...headers } });

  test('is new at each login, valid in every process, and gone after the logout', async () => {
    const { app } = await testApp({ store });
    const { app: other } = await testApp({ store });
    const [mine, yours] = [cookieOf(await login(app, ADMIN_TOKEN)), cookieOf(await login(app, ADMIN_TOKEN))];
    expect(mine).not.toBe(yours);
    expect(await openPage(other, mine)).toBe(200);
    expect((await logOut(other, mine)).statusCode).toBe(303);
    for (const one of [app, other]) expect(await openPage(one, mine)).toBe(401);
    expect(await openPage(other, yours)).toBe(200);
  });

  test('ends on the server, and is deleted with the next login', async () => {
    const { app } = await testApp({ store });
    const cookie = cookieOf(await login(app, ADMIN_TOKEN));
    await store.pool.query('update kombo_sync.sessions set ends_at = now()');
    expect(await openPage(app, cookie)).toBe(401);
    await login(app, ADMIN_TOKEN);
    const { rows } = await store.pool.query('select ends_at from kombo_sync.sessions');
    expect(rows).toHaveLength(1);
  });

  test('cannot be forged from what Postgres stores, and ends when the token changes', async () => {
    const { app } = await testApp({ store });
    const cookie = cookieOf(await login(app, ADMIN_TOKEN));
    const { rows } = await store.pool.query<{ hash: string }>('select hash from kombo_sync.sessions');
    for (const { hash } of rows) {
      expect(cookie).not.toContain(hash);
      expect(await openPage(app, `kombo_sync_session=${hash}`)).toBe(401);
    }
    const config = testConfig({ ADMIN_TOKEN: `${ADMIN_TOKEN}-2` });
    const { app: renewed } = await testApp({ store, config });
    expect(await openPage(renewed, cookie)).toBe(401);
  });

  test.each<[string, Record<string, string>]>([
    [
      'another site, as newer browsers say it',
      { 'sec-fetch-site': 'cross-site', origin: 'http://localhost' },
    ],
    ['another host of this site', { 'sec-fetch-site': 'same-site' }],
    ['another site', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://localhost:8080' }],
    ['a page that hides where it is', { origin: 'null' }],
  ])('is not ended, and no login counts, by a form of %s', async (_name, headers) => {
    const { app } = await testApp({ store });
    const cookie = cookieOf(await login(app, ADMIN_TOKEN));
    const refused = await logOut(app, cookie, { host: 'localhost', ...headers });
    expect(refused.statusCode).toBe(403);
    expect(refused.headers['set-cookie']).toBeUndefined();
    expect(await openPage(app, cookie)).toBe(200);
    expect((await login(app, 'wrong', { host: 'localhost', ...headers })).statusCode).toBe(403);
  });

  test.each<[string, Record<string, string>]>([
    ['here, as newer browsers say it', { 'sec-fetch-site': 'same-origin', origin: 'https://example.com' }],
    ['here', { host: 'localhost:3000', origin: 'http://localhost:3000' }],
    ['PUBLIC_URL, behind a proxy that changes the host', { host: '10.0.0.1', origin: 'https://example.com' }],
  ])('is ended by a form of %s', async (_name, headers) => {
    const { app } = await testApp({ store, config: testConfig({ PUBLIC_URL: 'https://example.com' }) });
    const cookie = cookieOf(await login(app, ADMIN_TOKEN, headers));
    expect((await logOut(app, cookie, headers)).statusCode).toBe(303);
    expect(await openPage(app, cookie)).toBe(401);
  });
});

test('every answer forbids browsers to guess its type (nosniff)', async () => {
  const { app, deliver } = await testApp({ store });
  const addresses = [
    '/',
    '/nothing',
    '/healthz',
    '/readyz',
    '/metrics',
    '/api/docs',
    '/api/docs/',
    '/api/v1',
  ];
  const parts = ['/api/docs/json', '/api/docs/static/swagger-ui.css', '/api/v1/summary', '/%'];
  const answers = await Promise.all([
    ...[...addresses, ...parts].map((url) => app.inject(url)),
    login(app, ADMIN_TOKEN),
    login(app, 'wrong'),
    deliver('{}'),
    deliver('{}', null),
  ]);
  for (const answer of answers) expect(answer.headers['x-content-type-options']).toBe('nosniff');
});
