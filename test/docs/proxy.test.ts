import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { freePort } from '../../src/dev/processes/ports.ts';
import { startServer, type RunningServer } from '../../src/http/server.ts';
import { sign } from '../../src/kombo/signature.ts';
import { temporaryFolder } from '../dev/support.ts';
import { ADMIN_TOKEN, dataChanged, SECRET, temporalAt, testConfig, testDeps } from '../http/support.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { codeBlocks, section } from './markdown.ts';

const text = section('docs/operations.md', '## Your proxy');
const [nginx, caddy] = ['nginx', 'caddy'].map((language) => codeBlocks(text, language)[0]!) as [
  string,
  string,
];
const settings = Object.fromEntries(
  [...codeBlocks(text, 'sh')[0]!.matchAll(/^(\w+)=(\S+)/gm)].map(([, name, value]) => [name!, value!]),
);

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

/** `serve` with the settings of the page, on ports of its own. */
async function serve(): Promise<RunningServer> {
  const config = testConfig({ ...settings, PORT: '0', OPERATIONS_PORT: '0' });
  const temporal = temporalAt(inject('temporalAddress'));
  const deps = testDeps({ store, config, temporal, send: () => Promise.resolve() });
  const server = await startServer(deps);
  onTestFinished(() => server.close());
  return server;
}

/** Parts of the address that a configuration forwards, with the port they go to and whether they are taken away. */
const forwarded: [string, { prefix: string; port: string; stripped: boolean }[]][] = [
  [
    'nginx',
    [...nginx.matchAll(/location (\S+) \{[^}]*?proxy_pass http:\/\/127\.0\.0\.1:(\d+)(\/?);/g)].map(
      ([, prefix, port, slash]) => ({ prefix: prefix!, port: port!, stripped: slash === '/' }),
    ),
  ],
  [
    'Caddy',
    [...caddy.matchAll(/handle(_path)? (\S+)\* \{\s+reverse_proxy 127\.0\.0\.1:(\d+)/g)].map(
      ([, stripped, prefix, port]) => ({ prefix: prefix!, port: port!, stripped: stripped !== undefined }),
    ),
  ],
];

test.each(forwarded)(
  '%s forwards webhooks to PORT and the path of PUBLIC_URL to OPERATIONS_PORT',
  (_name, rules) => {
    const config = testConfig(settings);
    expect(rules).toEqual([
      { prefix: '/webhooks/', port: '3000', stripped: false },
      {
        prefix: `${new URL(config.PUBLIC_URL!).pathname}/`,
        port: String(config.OPERATIONS_PORT),
        stripped: true,
      },
    ]);
  },
);

test('the path that the proxies forward from the internet leads only to webhooks', async () => {
  const { url } = await serve();
  for (const address of ['/webhooks/', '/webhooks/metrics', '/webhooks/../metrics', '/webhooks/%2e%2e/']) {
    expect((await fetch(`${url}${address}`)).status).toBe(404);
  }
});

/** Whether a program is installed. */
const has = (program: string) => spawnSync(program, ['-h']).error === undefined;

interface Proxy {
  command: string[];
  file: string;
  /** The configuration of the page, on two free ports and without TLS. */
  configuration: (ports: { hooks: number; internal: number }) => string;
}

const PROXIES: Record<string, (folder: string) => Proxy> = {
  nginx: (folder) => ({
    command: ['nginx', '-p', folder, '-c', 'proxy.conf', '-e', 'stderr', '-g', 'daemon off;'],
    file: 'proxy.conf',
    configuration: ({ hooks, internal }) => {
      const plain = nginx
        .replaceAll(/^ *ssl_.*\n/gm, '')
        .replace('listen 443 ssl;', `listen 127.0.0.1:${hooks};`)
        .replace('listen 10.0.0.5:443 ssl;', `listen 127.0.0.1:${internal};`);
      const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      );
      const user = process.getuid?.() === 0 ? 'user root;' : '';
      return `${user} pid ${folder}/pid; events {} http { access_log off; ${folders.join(' ')}\n${plain} }`;
    },
  }),
  caddy: (folder) => ({
    command: ['caddy', 'run', '--config', path.join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
    file: 'Caddyfile',
    configuration: ({ hooks, internal }) => {
      const plain = caddy
        .replace(/^hooks\.example\.com/m, `http://127.0.0.1:${hooks}`)
        .replace(/^internal\.example\.com/m, `http://127.0.0.1:${internal}`)
        .replace(/^\tbind .*\n/m, '');
      return `{\n\tadmin off\n\tauto_https off\n}\n${plain}`;
    },
  }),
};

/** Runs a proxy between. @returns where it listens for the internet and for the inside. */
async function start(name: string, server: RunningServer): Promise<{ hooks: string; internal: string }> {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'logs'));
  const { command, file, configuration } = PROXIES[name]!(folder);
  const ports = { hooks: await freePort(), internal: await freePort() };
  const [webhooks, operations] = [server.url, server.operationsUrl].map((url) => new URL(url).port);
  const between = configuration(ports)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${webhooks}`)
    .replaceAll('127.0.0.1:3001', `127.0.0.1:${operations}`);
  writeFileSync(path.join(folder, file), between);
  const [program, ...args] = command as [string, ...string[]];
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(() => {
    child.kill('SIGTERM');
    return ended;
  });
  const urls = { hooks: `http://127.0.0.1:${ports.hooks}`, internal: `http://127.0.0.1:${ports.internal}` };
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${name} has ended: ${said}`);
    // A proxy may listen on one of its ports before the other.
    await fetch(urls.hooks);
    return (await fetch(`${urls.internal}/kombo/healthz`)).ok;
  });
  return urls;
}

describe.each(['nginx', 'caddy'])('the configuration of %s, if it is installed', (name) => {
  test.runIf(has(name))('lets only webhooks in', async () => {
    const { hooks } = await start(name, await serve());
    const body = dataChanged('personio:1', 'hris_teams');
    const delivery = { method: 'POST', body, headers: { 'x-kombo-signature': sign(body, SECRET) } };
    for (const address of [
      '/webhooks/kombo',
      '/webhooks/kombo/',
      '//webhooks/kombo',
      '/webhooks/kombo?a=b',
    ]) {
      expect((await fetch(`${hooks}${address}`, delivery)).status, address).toBe(200);
    }
    expect((await fetch(`${hooks}/webhooks/kombo`, { ...delivery, headers: {} })).status).toBe(401);
    const closed = [
      '/',
      '/kombo/',
      '/metrics',
      '/healthz',
      '/readyz',
      '/login',
      '/api/v1/summary',
      '/api/docs/',
    ];
    for (const address of [
      ...closed,
      '/webhooks/../metrics',
      '/webhooks/%2e%2e/metrics',
      '/webhooks/kombo/x',
    ]) {
      expect((await fetch(`${hooks}${address}`)).status, address).toBe(404);
    }
  });

  test.runIf(has(name))('shows the pages below their path: login, links, API page, logout', async () => {
    const { internal } = await start(name, await serve());
    const open = (address: string, init: RequestInit = {}) =>
      fetch(`${internal}${address}`, { redirect: 'manual', ...init });
    const form = await open('/kombo/');
    expect(await form.text()).toContain('action="/kombo/login"');
    // The page's address, as a browser would name it if it used TLS to the proxy.
    const headers = { origin: 'https://internal.example.com' };
    const login = await open('/kombo/login', {
      method: 'POST',
      headers,
      body: new URLSearchParams({ token: ADMIN_TOKEN }),
    });
    expect(login.status).toBe(303);
    expect(new URL(login.headers.get('location')!, internal).pathname).toBe('/kombo/');
    const cookie = login.headers.get('set-cookie')!;
    expect(cookie).toMatch(/Path=\/kombo; HttpOnly; SameSite=Strict; Secure$/);
    const session = { cookie: cookie.split(';')[0]! };
    const page = await open('/kombo/', { headers: session });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('href="/kombo/cutover"');
    const docs = await fetch(`${internal}/kombo/api/docs`);
    expect(new URL(docs.url).pathname).toBe('/kombo/api/docs/');
    expect((await open('/kombo/api/docs/static/swagger-ui.css')).status).toBe(200);
    expect((await open('/kombo')).headers.get('location')).toMatch(/\/kombo\/$/);
    const logout = await open('/kombo/logout', { method: 'POST', headers: { ...headers, ...session } });
    expect(logout.status).toBe(303);
    expect((await open('/kombo/', { headers: session })).status).toBe(401);
    expect((await open('/metrics')).status).toBe(404);
  });
});
