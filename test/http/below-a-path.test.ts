import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/http/server.ts';
import { sign } from '../../src/kombo/signature.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { cookieOf, login } from './page-reader.ts';
import { ADMIN_TOKEN, dataChanged, SECRET, temporalAt, testApp, testConfig, testDeps } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
  await saveIntegration(store, { id: 'personio:1', tool: 'personio', category: 'HRIS' });
});

/** Every address that a page links to, including forms. */
const addressesOf = (page: string) =>
  [...page.matchAll(/(?:href|action|src)="([^"]*)"/g)].map(([, address]) => address!);

const isBelow = (base: string) => (address: string) =>
  address.startsWith(`${base}/`) || address.startsWith('#');

type Visit = { settings: Record<string, string>; headers?: Record<string, string> };

/** An application with a logged-in browser behind a proxy that strips the path. */
async function visit({ settings, headers = {} }: Visit) {
  const temporal = temporalAt(inject('temporalAddress'));
  const { app } = await testApp({ store, temporal, config: testConfig(settings) });
  const answer = await login(app, ADMIN_TOKEN, headers);
  const open = (url: string) => app.inject({ url, headers: { ...headers, cookie: cookieOf(answer) } });
  return { app, answer, open };
}

describe.each<[string, Visit]>([
  ['by PUBLIC_URL', { settings: { PUBLIC_URL: 'https://example.com/kombo' } }],
  [
    'by the header of a trusted proxy',
    { settings: { TRUST_PROXY: '127.0.0.0/8' }, headers: { 'x-forwarded-prefix': '/kombo/' } },
  ],
])('below a path, %s', (_name, how) => {
  test('pages, forms, cookies and redirects stay below it', async () => {
    const { answer, open, app } = await visit(how);
    expect(answer.headers.location).toBe('/kombo/');
    expect(answer.headers['set-cookie']).toContain('; Path=/kombo;');
    for (const url of ['/', '/?refresh=off', '/integrations/personio%3A1', '/integrations/no', '/cutover']) {
      const addresses = addressesOf((await open(url)).body);
      expect(addresses.length, url).toBeGreaterThan(5);
      expect(
        addresses.filter((address) => !isBelow('/kombo')(address)),
        url,
      ).toEqual([]);
    }
    const form = await app.inject({ url: '/cutover', headers: how.headers ?? {} });
    expect(addressesOf(form.body)).toEqual(['/kombo/login']);
    expect(form.body).toContain('name="next" value="/cutover"');
    const out = await app.inject({ method: 'POST', url: '/logout', headers: how.headers ?? {} });
    expect(out.headers.location).toBe('/kombo/');
    expect(out.headers['set-cookie']).toContain('; Path=/kombo;');
  });

  test("the API's page loads its parts below it, and its document names the path", async () => {
    const { open } = await visit(how);
    expect((await open('/api/docs')).headers.location).toBe('/kombo/api/docs/');
    const parts = addressesOf((await open('/api/docs/')).body);
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.filter((part) => !part.startsWith('./'))).toEqual([]);
    for (const url of ['/api/docs/json', '/api/docs/yaml']) {
      expect((await open(url)).body).toMatch(/"?servers"?:\s*\[?\s*-?\s*\{?"?url"?: ?"?\/kombo/);
    }
  });
});

test('a proxy may keep the path of PUBLIC_URL in the address, for webhooks too', async () => {
  const config = testConfig({ PUBLIC_URL: 'https://example.com/kombo' });
  const deps = testDeps({ store, config, send: () => Promise.resolve() });
  const server = await startServer(deps);
  onTestFinished(() => server.close());
  const statusOf = async (path: string, init?: RequestInit) =>
    (await fetch(`${server.url}${path}`, { redirect: 'manual', ...init })).status;
  for (const path of ['/kombo', '/kombo/', '/kombo/?refresh=off', '/'])
    expect(await statusOf(path)).toBe(401);
  for (const path of ['/kombo/healthz', '/healthz']) expect(await statusOf(path)).toBe(200);
  for (const path of ['/komboo/healthz', '/kombo/kombo/healthz', '/x/healthz']) {
    expect(await statusOf(path)).toBe(404);
  }
  const body = dataChanged('personio:1', 'hris_teams');
  const headers = { 'x-kombo-signature': sign(body, SECRET) };
  for (const path of ['/kombo/webhooks/kombo', '/kombo//webhooks/kombo/', '/webhooks/kombo']) {
    expect(await statusOf(path, { method: 'POST', body, headers })).toBe(200);
  }
});

describe('x-forwarded-prefix', () => {
  /** The address of the login form that an application with these settings sends to a caller with this prefix. */
  const loginFor = async (
    settings: Record<string, string>,
    prefix = '/kombo',
    remoteAddress = '127.0.0.1',
  ) => {
    const { app } = await testApp({ store, config: testConfig(settings) });
    const form = await app.inject({ url: '/', headers: { 'x-forwarded-prefix': prefix }, remoteAddress });
    return addressesOf(form.body);
  };
  const trusted = { TRUST_PROXY: '127.0.0.0/8,::1' };

  test('counts from a trusted proxy, including an IPv4 one that arrives as IPv6', async () => {
    expect(await loginFor(trusted)).toEqual(['/kombo/login']);
    expect(await loginFor(trusted, '/a/b-c/', '::1')).toEqual(['/a/b-c/login']);
    expect(await loginFor(trusted, '/kombo', '::ffff:127.0.0.1')).toEqual(['/kombo/login']);
  });

  test('does not count without a trusted proxy, from another address, or if PUBLIC_URL is set', async () => {
    expect(await loginFor({})).toEqual(['/login']);
    expect(await loginFor(trusted, '/kombo', '192.0.2.1')).toEqual(['/login']);
    expect(await loginFor({ ...trusted, PUBLIC_URL: 'https://example.com' })).toEqual(['/login']);
  });

  test.each([
    '//evil.example',
    'https://evil.example',
    '/a/../b',
    '/a"><b>',
    '/a;Domain=evil.example',
    '/a, /b',
    '/',
    `/${'x'.repeat(200)}`,
  ])('%s is not a valid path', async (prefix) => {
    expect(await loginFor(trusted, prefix)).toEqual(['/login']);
  });
});
