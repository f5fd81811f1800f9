import { request } from 'node:http';
import { describe, expect, inject, test } from 'vitest';
import { startServer } from '../../src/http/server.ts';
import { sign } from '../../src/kombo/signature.ts';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { modelsChanged } from '../../workflows/messages.ts';
import { dataChanged, SECRET, temporalAt, testConfig, testDeps } from './support.ts';

const post = (url: string, body: string) =>
  fetch(`${url}/webhooks/kombo`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'x-kombo-signature': sign(body, SECRET) },
  });

describe('with Temporal and without Postgres', () => {
  test('I1, I4: a delivery is a signal in the history of the workflow before it is acknowledged', async () => {
    const temporal = temporalAt(inject('temporalAddress'));
    const config = testConfig({ TASK_QUEUE: `nobody-${process.pid}` });
    const server = await startServer(testDeps({ temporal, config }));
    const integrationId = `personio:${crypto.randomUUID()}`;
    const handle = temporal.client.workflow.getHandle(syncWorkflowId(integrationId));
    try {
      const response = await post(server.url, dataChanged(integrationId, 'hris_teams'));
      expect(response.status).toBe(200);
      const { events } = await handle.fetchHistory();
      const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? []);
      expect(signals.map((signal) => signal.signalName)).toEqual([modelsChanged.name]);
      const payload = signals[0]?.input?.payloads?.[0]?.data;
      expect(JSON.parse(Buffer.from(payload ?? []).toString())).toEqual({
        models: ['hris_teams'],
        deliveries: { 'data-changed': 1 },
        // Enough to read a new integration if Kombo does not answer the look-up.
        tool: 'personio',
        category: 'HRIS',
      });
    } finally {
      await server.close();
      await handle.terminate('end of the test');
    }
  });

  test('a thousand equal deliveries become one workflow and few signals', async () => {
    const temporal = temporalAt(inject('temporalAddress'));
    const config = testConfig({ TASK_QUEUE: `nobody-${process.pid}` });
    const server = await startServer(testDeps({ temporal, config }));
    const integrationId = `personio:${crypto.randomUUID()}`;
    const handle = temporal.client.workflow.getHandle(syncWorkflowId(integrationId));
    try {
      const body = dataChanged(integrationId, 'hris_teams');
      const deliverTen = async () => {
        for (let times = 0; times < 10; times += 1) expect((await post(server.url, body)).status).toBe(200);
      };
      await Promise.all(Array.from({ length: 100 }, deliverTen));
      const { events } = await handle.fetchHistory();
      const signals = (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes);
      expect(signals.length).toBeGreaterThan(0);
      expect(signals.length).toBeLessThan(200);
    } finally {
      await server.close();
      await handle.terminate('end of the test');
    }
  });
});

describe('closing', () => {
  test('finishes a delivery under way, and accepts no new one', async () => {
    const asked = Promise.withResolvers<void>();
    const stored = Promise.withResolvers<void>();
    const send = () => {
      asked.resolve();
      return stored.promise;
    };
    const server = await startServer(testDeps({ send }));
    const response = post(server.url, dataChanged('personio:1', 'hris_teams'));
    await asked.promise;
    const closed = server.close();
    stored.resolve();
    expect((await response).status).toBe(200);
    await closed;
    await expect(post(server.url, dataChanged('personio:1', 'hris_teams'))).rejects.toThrow('fetch failed');
  });

  test('ends in time even if a client never finishes its request', { timeout: 15_000 }, async () => {
    const server = await startServer(testDeps());
    const { port } = new URL(server.url);
    const connected = Promise.withResolvers<void>();
    // This client announces a body and never sends it.
    const outgoing = request({ port, host: '127.0.0.1', method: 'POST', path: '/webhooks/kombo' });
    outgoing.setHeader('content-length', '100').on('error', () => {});
    outgoing.on('socket', (socket) => socket.on('connect', () => connected.resolve()));
    outgoing.flushHeaders();
    await connected.promise;
    const startedAt = performance.now();
    await server.close();
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    outgoing.destroy();
  });
});

test('a port in use is an error with a remedy', async () => {
  const first = await startServer(testDeps());
  const { port } = new URL(first.url);
  try {
    const config = testConfig({ PORT: port });
    await expect(startServer(testDeps({ config }))).rejects.toThrow(
      `Port ${port} is in use; set HOST and PORT`,
    );
  } finally {
    await first.close();
  }
});
