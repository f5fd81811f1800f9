import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, expect, inject, onTestFinished, test } from 'vitest';
import { createSandbox } from '../../sandbox/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { createTestStore } from '../support/database.ts';
import { connectProxy } from '../support/connect-proxy.ts';
import { uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';
import { cli, closedPort, startCli } from './spawn.ts';

const KEY = 'ks_test_proxies';
const store = await createTestStore();
const temporal = inject('temporalAddress');

const folder = mkdtempSync(path.join(tmpdir(), 'kombo-sync-proxies-'));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = createAuthority();
const ca = path.join(folder, 'ca.pem');
writeFileSync(ca, authority.certificate);

/** Kombo with TLS, as it is reached. */
async function kombo() {
  const sandbox = createSandbox({ apiKey: KEY, webhookSecret: 'whsec_test_proxies', integrations: [] });
  const { port } = new URL(await sandbox.listen({ port: 0, host: '127.0.0.1' }));
  const { certificate: cert, key } = authority.issue('kombo.example');
  const server = createServer({ cert, key }, (inbound) => {
    const outbound = connect(Number(port), '127.0.0.1');
    inbound.on('error', () => outbound.destroy()).pipe(outbound);
    outbound.on('error', () => inbound.destroy()).pipe(inbound);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.close();
    await sandbox.close();
  });
  return { control: sandbox.control, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A name that only the proxy knows. */
const env = (more: Record<string, string>) => ({
  DATABASE_URL: store.url,
  TEMPORAL_ADDRESS: temporal,
  TASK_QUEUE: uniqueTaskQueue(),
  KOMBO_API_KEY: KEY,
  KOMBO_API_URL: 'https://kombo.example/v1',
  KOMBO_WEBHOOK_SECRETS: 'whsec_test_proxies',
  NODE_EXTRA_CA_CERTS: ca,
  ...more,
});

test.for([
  ['KOMBO_PROXY', (proxy: string) => ({ KOMBO_PROXY: `http://ada:lovelace@${proxy}` })],
  ['NODE_USE_ENV_PROXY', (proxy: string) => ({ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: `http://${proxy}` })],
] as const)('Kombo is reached through the proxy of %s, and this machine without it', async ([, set]) => {
  const { control, host } = await kombo();
  const proxy = await connectProxy({ 'kombo.example:443': host });
  const id = uniqueIntegrationId();
  control.addIntegration({ id, category: 'LMS', scale: 0 });
  const settings = env(set(proxy.address));
  const added = await cli(['integrations', 'add', id, '--no-sync'], settings);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('is added') as string });
  const { stdout } = await cli(['doctor'], settings);
  expect(stdout).toContain(
    `✓ Kombo API: https://kombo.example/v1 accepts the key, by the proxy ${proxy.address}`,
  );
  expect(stdout).not.toContain('lovelace');
  expect(new Set(proxy.asked)).toEqual(new Set(['kombo.example:443']));
});

test('a proxy that is away is named instead of only Kombo', async () => {
  const proxy = `127.0.0.1:${await closedPort()}`;
  const { stdout } = await cli(['doctor'], env({ KOMBO_PROXY: `http://${proxy}` }));
  expect(stdout).toMatch(
    new RegExp(
      `^✗ Kombo API: .*ECONNREFUSED at ${proxy}.*\\n {4}→ .*The proxy on the way is ${proxy}\\.`,
      'm',
    ),
  );
});

test('commands and workers reach Temporal through the same proxy', async () => {
  const proxy = await connectProxy({ 'temporal.example:7233': temporal });
  const settings = env({ TEMPORAL_ADDRESS: 'temporal.example:7233', https_proxy: `http://${proxy.address}` });
  expect((await cli(['setup'], settings)).code).toBe(0);
  expect(proxy.asked.length).toBeGreaterThan(0);
  proxy.asked.length = 0;
  const worker = startCli(['worker'], settings);
  await worker.printed('Working on task queue');
  worker.kill('SIGTERM');
  expect((await worker.finished).code).toBe(0);
  expect(proxy.asked).toContain('temporal.example:7233');
});

test('a proxy that is away is named with the address of Temporal', async () => {
  const proxy = `127.0.0.1:${await closedPort()}`;
  const settings = env({ TEMPORAL_ADDRESS: 'temporal.example:7233', https_proxy: `http://${proxy}` });
  const { code, stderr } = await cli(['schedule', 'show', 'x:1'], settings);
  expect(code).toBe(4);
  expect(stderr).toContain(`ECONNREFUSED at ${proxy}, the proxy on the way to temporal.example:7233.`);
});
