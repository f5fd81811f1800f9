import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/http/server.ts';
import { sign } from '../../src/kombo/signature.ts';
import type { SignalRequest } from '../../src/temporal/start.ts';
import { dataChanged, recordingLog, SECRET, testDeps } from './support.ts';

const body = dataChanged('personio:1', 'hris_teams');

/** A real server, because `inject` normalizes addresses as a browser does. */
async function openDoor() {
  const requests: SignalRequest[] = [];
  const { log, text } = recordingLog();
  const send = (request: SignalRequest) => Promise.resolve(void requests.push(request));
  const deps = testDeps({ send, log });
  const server = await startServer(deps);
  onTestFinished(() => server.close());
  const post = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      body,
      ...init,
      headers: {
        'content-type': 'application/json',
        'x-kombo-signature': sign(body, SECRET),
        ...(init.headers as Record<string, string>),
      },
    });
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
  return { post, requests, events: deps.events, text, metrics };
}

test.each([
  '/webhooks/kombo/',
  '//webhooks/kombo',
  '/webhooks//kombo//',
  '/Webhooks/Kombo',
  '/webhooks/kombo?source=kombo',
  '/webhooks/kombo/?source=kombo',
])('a delivery to %s is accepted', async (path) => {
  const { post, requests, events } = await openDoor();
  expect((await post(path)).status).toBe(200);
  expect(requests).toHaveLength(1);
  expect(events).toMatchObject([{ outcome: 'accepted' }]);
});

test.each(['json', 'application/json; charset', ';', 'a/b/c', 'multipart/form-data', ''])(
  'a delivery with the content type "%s" is accepted',
  async (contentType) => {
    const { post, requests, events } = await openDoor();
    expect((await post('/webhooks/kombo', { headers: { 'content-type': contentType } })).status).toBe(200);
    expect(requests).toHaveLength(1);
    expect(events).toMatchObject([{ outcome: 'accepted' }]);
  },
);

test.each<[string, string, RequestInit]>([
  ['another method', '/webhooks/kombo', { method: 'PUT' }],
  ['a longer path', '/webhooks/kombo/production', {}],
  ['a shorter path', '/webhooks', {}],
  ['a similar path', '/webhook/kombo', {}],
  ['a path with a broken escape', '/webhooks/kombo%', {}],
  ['a signature at the root', '/', {}],
  ['a signature at the API', '/api/v1/integrations', {}],
  ['a GET', '/webhooks/kombo', { method: 'GET', body: null }],
])('a delivery with %s is refused, logged and counted', async (_name, path, init) => {
  const { post, requests, events, text, metrics } = await openDoor();
  const answer = await post(path, init);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(requests).toEqual([]);
  expect(events).toMatchObject([{ outcome: 'misdirected' }]);
  expect(text()).toContain(`"path":"${path}"`);
  expect(await metrics()).toContain(
    'kombo_sync_webhook_deliveries_total{type="other",outcome="misdirected"} 1',
  );
});

test('requests to other unknown addresses do not count as deliveries', async () => {
  const { post, events } = await openDoor();
  const headers = { 'x-kombo-signature': '' };
  for (const path of ['/favicon.ico', '/nothing?of=webhooks']) {
    expect((await post(path, { headers })).status).toBe(404);
  }
  const page = await post('/integrations/webhook:1', { headers, method: 'GET', body: null });
  expect(page.status).toBe(401);
  expect(events).toEqual([]);
});

test('ten refused deliveries of a kind per minute are logged, and the metric counts all of them', async () => {
  const { post, text, metrics, events } = await openDoor();
  await Promise.all(Array.from({ length: 30 }, () => post('/webhooks')));
  await Promise.all(
    Array.from({ length: 30 }, () => post('/webhooks/kombo', { headers: { 'x-kombo-signature': 'no' } })),
  );
  expect(events).toHaveLength(60);
  for (const outcome of ['misdirected', 'unsigned']) {
    expect(text().split(`webhook ${outcome}`)).toHaveLength(11);
    expect(await metrics()).toContain(`outcome="${outcome}"} 30`);
  }
});
