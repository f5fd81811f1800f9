import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/http/server.ts';
import { sign } from '../../src/kombo/signature.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { authorization } from './api.ts';
import { dataChanged, SECRET, temporalAt, testConfig, testDeps } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

async function startBoth(settings: Record<string, string> = { OPERATIONS_PORT: '0' }) {
  const temporal = temporalAt(inject('temporalAddress'));
  const config = testConfig(settings);
  const server = await startServer(testDeps({ store, temporal, config, send: () => Promise.resolve() }));
  onTestFinished(() => server.close());
  return server;
}

const body = dataChanged('personio:1', 'hris_teams');
const delivery = { method: 'POST', body, headers: { 'x-kombo-signature': sign(body, SECRET) } };
const operations = ['/', '/cutover', '/healthz', '/readyz', '/metrics', '/api/docs/', '/api/v1/summary'];

test('with OPERATIONS_PORT, PORT serves only webhooks', async () => {
  const { url, operationsUrl } = await startBoth();
  expect(operationsUrl).not.toBe(url);
  for (const path of operations) {
    expect((await fetch(`${url}${path}`, { headers: { authorization } })).status, path).toBe(404);
    expect([200, 401]).toContain(
      (await fetch(`${operationsUrl}${path}`, { headers: { authorization } })).status,
    );
  }
  for (const path of ['/login', '/logout']) {
    expect((await fetch(`${url}${path}`, { method: 'POST' })).status).toBe(404);
  }
  expect((await fetch(`${url}/webhooks/kombo`, delivery)).status).toBe(200);
});

test('a delivery to OPERATIONS_PORT is refused, and counted beside the accepted ones', async () => {
  const { url, operationsUrl } = await startBoth();
  expect((await fetch(`${operationsUrl}/webhooks/kombo`, delivery)).status).toBe(404);
  expect((await fetch(`${url}/webhooks/kombo`, delivery)).status).toBe(200);
  const metrics = await (await fetch(`${operationsUrl}/metrics`)).text();
  expect(metrics).toContain('outcome="misdirected"} 1');
  expect(metrics).toContain('{type="data-changed",outcome="accepted"} 1');
});

test('without OPERATIONS_PORT, one port serves everything', async () => {
  const { url, operationsUrl } = await startBoth({});
  expect(operationsUrl).toBe(url);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('an OPERATIONS_PORT that is in use is an error with a remedy', async () => {
  const first = await startBoth();
  const { port } = new URL(first.operationsUrl);
  const config = testConfig({ OPERATIONS_PORT: port });
  await expect(startServer(testDeps({ config }))).rejects.toThrow(
    `Port ${port} is in use; set HOST and OPERATIONS_PORT`,
  );
});
