import { beforeAll, describe, expect, inject, test } from 'vitest';
import { saveIntegration } from '../../src/store/integrations.ts';
import { park } from '../../src/store/life.ts';
import { html } from '../../src/http/status-page/html.ts';
import { relativeTime } from '../../src/http/status-page/relative-time.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { ADMIN_TOKEN, temporalAt, testApp, testConfig } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

type App = Awaited<ReturnType<typeof testApp>>['app'];

const login = (app: App, token: string) =>
  app.inject({
    method: 'POST',
    url: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token }).toString(),
  });

const cookieOf = (response: Awaited<ReturnType<typeof login>>) =>
  String(response.headers['set-cookie']).split(';')[0]!;

describe('who may in', () => {
  test('closed with a remedy when no token is configured', async () => {
    const { app } = await testApp({ config: testConfig({ ADMIN_TOKEN: '' }) });
    const response = await app.inject('/');
    expect(response.statusCode).toBe(403);
    expect(response.body).toContain('ADMIN_TOKEN');
    expect((await login(app, '')).statusCode).toBe(403);
  });

  test('a form asks for the token, and a wrong one does not open', async () => {
    const { app } = await testApp();
    const form = await app.inject('/');
    expect(form.statusCode).toBe(401);
    expect(form.body).toContain('action="/login"');
    const wrong = await login(app, 'wrong');
    expect(wrong.statusCode).toBe(401);
    expect(wrong.headers['set-cookie']).toBeUndefined();
    const forged = await app.inject({ url: '/', headers: { cookie: 'kombo_sync_session=forged' } });
    expect(forged.statusCode).toBe(401);
  });

  test('the token gives a cookie that opens the page, is not the token, and does not open the API', async () => {
    const { app } = await testApp();
    const response = await login(app, ADMIN_TOKEN);
    expect(response.statusCode).toBe(303);
    expect(response.headers.location).toBe('/');
    expect(response.headers['set-cookie']).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(response.headers['set-cookie']).not.toContain(ADMIN_TOKEN);
    const cookie = cookieOf(response);
    expect((await app.inject({ url: '/', headers: { cookie: `a=b; ${cookie}` } })).statusCode).not.toBe(401);
    expect((await app.inject({ url: '/api/v1/integrations', headers: { cookie } })).statusCode).toBe(401);
    const out = await app.inject({ method: 'POST', url: '/logout', headers: { cookie } });
    expect(out.headers['set-cookie']).toContain('Max-Age=0');
  });

  test('the cookie is for TLS only where TLS is', async () => {
    const { app } = await testApp();
    const response = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-proto': 'https' },
      body: `token=${ADMIN_TOKEN}`,
    });
    expect(response.headers['set-cookie']).toMatch(/; Secure$/);
  });
});

test('shows integrations, and escapes what comes from outside', async () => {
  await saveIntegration(store, {
    id: 'personio:1',
    tool: 'personio',
    category: 'HRIS',
    organizationName: '<script>alert(1)</script>',
  });
  await saveIntegration(store, { id: 'lever:"><b>', tool: 'lever', category: 'ATS' });
  await park(store, 'lever:"><b>', {
    code: 'auth',
    message: 'Login & password',
    needsPerson: true,
    failures: 1,
    retryAt: new Date(),
  });
  const { app } = await testApp({
    store,
    temporal: temporalAt(inject('temporalAddress')),
    temporalUiUrl: 'http://localhost:8233/',
  });
  const cookie = cookieOf(await login(app, ADMIN_TOKEN));
  const response = await app.inject({ url: '/', headers: { cookie } });
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(response.headers['content-security-policy']).toContain("default-src 'none'");
  expect(response.headers['content-security-policy']).not.toContain('unsafe');
  expect(response.body).toContain('1 of 2 integrations active');
  expect(response.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(response.body).toContain('Login &amp; password');
  expect(response.body).toContain(
    'http://localhost:8233/namespaces/default/workflows?query=KomboIntegrationId%3D%22personio%3A1%22',
  );
  expect(response.body).not.toMatch(/<script|"><b>/);
  expect(response.body).not.toMatch(/(src|href)="https?:\/\/(?!localhost:8233)/);
});

test('says so when Postgres does not answer', async () => {
  const { app } = await testApp();
  const cookie = cookieOf(await login(app, ADMIN_TOKEN));
  const response = await app.inject({ url: '/', headers: { cookie } });
  expect(response.statusCode).toBe(503);
  expect(response.body).toContain('Webhooks are still accepted');
});

test('html escapes values and keeps markup', () => {
  const items = ['<', '"'].map((item) => html`<b>${item}</b>`);
  expect(html`<p title="${`'&'`}">${items}${3}</p>`.toString().replace(/\s*\n\s*/g, '')).toBe(
    '<p title="&#39;&amp;&#39;"><b>&lt;</b><b>&quot;</b>3</p>',
  );
});

test.each([
  [0, 'now'],
  [-12, '12 s ago'],
  [-125, '2 min ago'],
  [-7_200, '2 h ago'],
  [3 * 86_400 + 5, 'in 3 d'],
])('%i seconds away is "%s"', (seconds, text) => {
  const now = new Date('2026-03-01T12:00:00Z');
  expect(relativeTime(new Date(now.getTime() + seconds * 1_000), now)).toBe(text);
});
