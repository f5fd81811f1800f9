import { beforeAll, describe, expect, test } from 'vitest';
import { localAddress, readQuery, writeQuery } from '../../src/http/status-page/query.ts';
import { saveIntegration, type IntegrationInput } from '../../src/store/state/integrations.ts';
import { park, pause } from '../../src/store/state/life.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { cookieOf, login, pageReader } from './page-reader.ts';
import { ADMIN_TOKEN, recordingLog, testApp } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

const reader = () => pageReader(store);

const save = (more: Partial<IntegrationInput> & { id: string }) =>
  saveIntegration(store, { tool: 'personio', category: 'HRIS', ...more });

test('the list shows integrations, and escapes text from outside', async () => {
  await save({ id: 'personio:1', organizationName: '<script>alert(1)</script>', originId: '<i>7' });
  await save({ id: 'lever:"><b>', tool: 'lever', category: 'ATS' });
  await park(store, 'lever:"><b>', {
    code: '<i>',
    message: 'Login & password',
    needsAttention: true,
    retryInMs: 3_600_000,
  });
  const read = await reader();
  for (const url of ['/', '/integrations/personio:1', `/integrations/${encodeURIComponent('lever:"><b>')}`]) {
    const { status, headers, body } = await read(url);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(body).not.toMatch(/<script|"><b>|<i>/);
    expect(body).not.toMatch(/(src|href)="https?:\/\/(?!localhost:8233)/);
  }
  const list = await read('/');
  expect(list.text).toContain('1 of 2 integrations active');
  expect(list.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(list.body).toContain('Login &amp; password');
  for (const url of ['/?q=%3Ci%3E7', '/integrations/personio:1']) {
    expect((await read(url)).body).toContain('your id <code>&lt;i&gt;7</code>');
  }
  expect(list.body).toContain(
    'http://localhost:8233/namespaces/default/workflows?query=KomboIntegrationId%20%3D%20&#39;personio%3A1&#39;',
  );
  expect((await read('/?q=%22%3E%3Cb%3E')).body).toContain('value="&quot;&gt;&lt;b&gt;"');
});

test('the page of an unknown integration says how to add it', async () => {
  const read = await reader();
  const { status, text } = await read('/integrations/nobody%3A%3Cb%3E');
  expect(status).toBe(404);
  expect(text).toContain('kombo-sync integrations add &#39;nobody:&lt;b&gt;&#39;');
});

test('the cutover page lists integrations that are not ready, and counts the others', async () => {
  const id = uniqueIntegrationId();
  await save({ id });
  await pause(store, id, 'Until Friday');
  const read = await reader();
  const { text } = await read('/cutover');
  expect(text).toMatch(/Ready 0 of \d+ integrations/);
  expect(text).toMatch(/Blocked: It is paused: Until Friday/);
});

describe('the address of a page', () => {
  test('keeps the search when the page refreshes, and links keep the refreshing', async () => {
    const read = await reader();
    const { body } = await read('/?q=personio%3A1&status=active&refresh=15');
    expect(body).toContain('<meta http-equiv="refresh" content="15" />');
    expect(body).toContain('href="/integrations/personio%3A1"');
    expect(body).toContain('href="/?q=personio%3A1&amp;status=parked&amp;refresh=15"');
    expect(body).not.toMatch(/<input[^>]*name="q"/);
    expect((await read('/cutover?refresh=15')).body).not.toContain('http-equiv="refresh"');
    expect((await read('/?q=personio%3A1')).body).not.toContain('http-equiv="refresh"');
    expect((await read('/')).body).toContain('<meta http-equiv="refresh" content="15" />');
    expect((await read('/integrations/personio%3A1')).body).toContain('http-equiv="refresh"');
    const still = (await read('/?refresh=off')).body;
    expect(still).not.toContain('http-equiv="refresh"');
    expect(still).toContain('href="/integrations/personio%3A1?refresh=off"');
  });

  test('is read without parameters that make no sense', () => {
    const nothing = {
      search: null,
      status: null,
      category: null,
      failing: false,
      after: null,
      did: null,
      refresh: 15,
    };
    expect(readQuery({})).toEqual(nothing);
    expect(readQuery({ q: ['a', 'b'], status: 'odd', category: 'X', failing: 'yes', refresh: '1' })).toEqual(
      nothing,
    );
    expect(readQuery({ refresh: '1e3' }).refresh).toBe(1_000);
    expect(readQuery({ refresh: '15.5' }).refresh).toBe(15);
    expect(readQuery({ refresh: 'off' }).refresh).toBeNull();
    expect(readQuery({ q: '' }).refresh).toBeNull();
    const full = {
      search: 'a & b',
      status: 'parked',
      category: 'ATS',
      failing: true,
      after: 'x:y',
      did: null,
      refresh: 15,
    } as const;
    expect(readQuery(Object.fromEntries(new URLSearchParams(writeQuery(full))))).toEqual(full);
  });

  test('is kept by the login, which never leads to another server', async () => {
    const { app } = await testApp({ store });
    const form = await app.inject('/integrations/personio%3A1?refresh=15');
    expect(form.statusCode).toBe(401);
    expect(form.body).toContain('name="next" value="/integrations/personio%3A1?refresh=15"');
    const response = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token: ADMIN_TOKEN, next: '/cutover?refresh=15' }).toString(),
    });
    expect(response.headers.location).toBe('/cutover?refresh=15');
    const elsewhere = [
      '//evil.example',
      '///evil.example',
      'https://evil.example/',
      '/\\evil.example',
      '\\\\evil.example',
    ];
    const hidden = [
      '/.//evil.example',
      '/..//evil.example',
      '/\t/evil.example',
      'javascript:alert(1)',
      'x',
      '',
    ];
    for (const address of [...elsewhere, ...hidden]) {
      const found = localAddress(address);
      expect(found).toMatch(/^\//);
      expect(new URL(found, 'http://here.invalid').host, address).toBe('here.invalid');
    }
    expect(localAddress(null)).toBe('/');
  });
});

test('a page says so if Postgres does not answer', async () => {
  const { app: before } = await testApp({ store });
  const cookie = cookieOf(await login(before, ADMIN_TOKEN));
  const { app } = await testApp();
  const page = await app.inject({ url: '/', headers: { cookie } });
  const logout = await app.inject({ method: 'POST', url: '/logout', headers: { cookie } });
  for (const response of [page, logout, await login(app, ADMIN_TOKEN)]) {
    expect(response.statusCode).toBe(503);
    expect(response.body).toContain('Postgres cannot be reached. Check DATABASE_URL');
    expect(response.body).toContain('Webhooks are still accepted');
    expect(response.headers['set-cookie']).toBeUndefined();
  }
});

test.each(['/?q=%00', '/?after=a%00b', '/integrations/%00'])(
  '%s is reported as an invalid address, not as an outage',
  async (url) => {
    const read = await reader();
    const { status, headers, text } = await read(url);
    expect(status).toBe(400);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(text).toContain('The address contains a character that no name here has.');
    expect((await read(url.replace('%00', '%2500'))).status).not.toBe(400);
  },
);

test('an error that is not an outage is not reported as one', async () => {
  const odd = { value: () => Promise.reject(new TypeError('odd')) };
  const pool = Object.create(store.pool, { query: odd, connect: odd }) as TestStore['pool'];
  const broken = { ...store, pool };
  const { log, text: logged } = recordingLog();
  const read = await pageReader(broken, { log });
  const { status, text } = await read('/integrations/personio:1');
  expect(status).toBe(500);
  expect(text).toContain('the log says what');
  expect(text).not.toMatch(/Postgres|odd/);
  expect(logged()).toContain('TypeError: odd');
});
