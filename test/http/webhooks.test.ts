import { describe, expect, test } from 'vitest';
import { buildApps } from '../../src/http/app.ts';
import { startServer } from '../../src/http/server.ts';
import { sign } from '../../src/kombo/signature.ts';
import type { SignalRequest } from '../../src/temporal/start.ts';
import { dataChanged, OLD_SECRET, recordingLog, SECRET, testApp, testConfig, testDeps } from './support.ts';

/** A `send` that accepts at once and remembers its requests. */
function acceptingSend() {
  const requests: SignalRequest[] = [];
  const send = (request: SignalRequest) => {
    requests.push(request);
    return Promise.resolve();
  };
  return { requests, send };
}

describe('accepted', () => {
  test('data-changed becomes a signal', async () => {
    const { send, requests } = acceptingSend();
    const { deliver, events } = await testApp({ send });
    const response = await deliver(dataChanged('personio:1', 'hris_employees', 'hris_moods'));
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'accepted' });
    expect(requests).toEqual([
      {
        integrationId: 'personio:1',
        models: ['hris_employees', 'hris_moods'],
        tool: 'personio',
        category: 'HRIS',
        deliveries: { 'data-changed': 1 },
        trigger: 'webhook',
      },
    ]);
    expect(events).toMatchObject([
      { outcome: 'accepted', type: 'data-changed', integrationId: 'personio:1' },
    ]);
  });

  test('an event of an integration becomes a signal without models', async () => {
    const { send, requests } = acceptingSend();
    const { deliver } = await testApp({ send });
    const data = {
      id: 'workday:1',
      tool: 'workday',
      category: 'HRIS',
      end_user: { organization_name: 'Acme' },
    };
    const response = await deliver(JSON.stringify({ id: 'x', type: 'integration-created', data }));
    expect(response.statusCode).toBe(200);
    expect(requests).toMatchObject([
      { integrationId: 'workday:1', models: [], change: { event: 'created' } },
    ]);
  });

  test.each([
    ['an unknown type', { id: 'x', type: 'invented-next-year', data: {} }],
    ['no models', { id: 'x', type: 'data-changed', data: { integration_id: 'a:b', changed_models: [] } }],
  ])('I3: %s is acknowledged and causes no signal', async (_name, body) => {
    const { send, requests } = acceptingSend();
    const { deliver, events } = await testApp({ send });
    const response = await deliver(JSON.stringify(body));
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ignored' });
    expect(requests).toEqual([]);
    expect(events).toMatchObject([{ outcome: 'ignored' }]);
  });

  test('a legacy type asks for everything; with LEGACY_WEBHOOKS=off it is answered and counted, but causes no signal', async () => {
    const { send, requests } = acceptingSend();
    const body = JSON.stringify({ id: 'x', type: 'sync-finished', data: { integration_id: 'a:b' } });
    const { deliver } = await testApp({ send });
    expect((await deliver(body)).json()).toEqual({ status: 'accepted' });
    expect(requests).toEqual([
      {
        integrationId: 'a:b',
        models: [],
        everything: true,
        deliveries: { 'sync-finished': 1 },
        trigger: 'webhook',
      },
    ]);
    const off = await testApp({ send, config: testConfig({ LEGACY_WEBHOOKS: 'off' }) });
    const answer = await off.deliver(body);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ignored' });
    expect(requests).toHaveLength(1);
    expect(off.events).toMatchObject([{ outcome: 'legacy-off', type: 'sync-finished' }]);
  });

  test('LEGACY_WEBHOOKS applies to a legacy type without an integration id too', async () => {
    const { send, requests } = acceptingSend();
    const body = JSON.stringify({ id: 'x', type: 'remote-event-received', data: {} });
    const on = await testApp({ send });
    const off = await testApp({ send, config: testConfig({ LEGACY_WEBHOOKS: 'off' }) });
    for (const { deliver } of [on, off]) expect((await deliver(body)).json()).toEqual({ status: 'ignored' });
    expect(on.events).toMatchObject([{ outcome: 'ignored' }]);
    expect(off.events).toMatchObject([{ outcome: 'legacy-off' }]);
    expect(requests).toEqual([]);
  });

  test('data-changed with unreadable models asks for everything', async () => {
    const { send, requests } = acceptingSend();
    const { deliver, events } = await testApp({ send });
    const data = { integration_id: 'a:b', changed_models: [{}, 7, null] };
    const answer = await deliver(JSON.stringify({ id: 'x', type: 'data-changed', data }));
    expect(answer.json()).toEqual({ status: 'accepted' });
    expect(requests).toMatchObject([{ integrationId: 'a:b', models: [], everything: true }]);
    expect(events).toMatchObject([{ outcome: 'accepted', everything: true }]);
  });

  test('I2: a secret that is being replaced is still accepted', async () => {
    const { send } = acceptingSend();
    const { deliver } = await testApp({ send });
    const body = dataChanged('personio:1', 'hris_teams');
    expect((await deliver(body, sign(body, OLD_SECRET))).statusCode).toBe(200);
  });

  test('I1: the answer never comes before the durable step', async () => {
    const asked = Promise.withResolvers<void>();
    const stored = Promise.withResolvers<void>();
    const { deliver, events } = await testApp({
      send: () => {
        asked.resolve();
        return stored.promise;
      },
    });
    const order: string[] = [];
    const response = deliver(dataChanged('personio:1', 'hris_teams')).then(() => order.push('answered'));
    await asked.promise;
    for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual([]);
    order.push('stored');
    stored.resolve();
    await response;
    expect(order).toEqual(['stored', 'answered']);
  });

  test('a thousand equal deliveries become few signals, and every one is acknowledged', async () => {
    const { send, requests } = acceptingSend();
    // They arrive at once, and a busy machine answers the last one late.
    const { deliver, app } = await testApp({ send, webhookAnswerMs: 60_000 });
    const body = dataChanged('personio:1', 'hris_teams');
    const responses = await Promise.all(Array.from({ length: 1_000 }, () => deliver(body)));
    expect(responses.every((response) => response.statusCode === 200)).toBe(true);
    expect(requests.length).toBeLessThan(50);
    const metrics = (await app.inject('/metrics')).body;
    expect(metrics).toContain(
      'kombo_sync_webhook_deliveries_total{type="data-changed",outcome="accepted"} 1000',
    );
    expect(metrics).toContain(`kombo_sync_webhook_folded_total ${1_000 - requests.length}`);
  });
});

describe('refused', () => {
  test.each<[string, string, string | null]>([
    ['no signature', dataChanged('a:b', 'ats_jobs'), null],
    ['another secret', dataChanged('a:b', 'ats_jobs'), sign(dataChanged('a:b', 'ats_jobs'), 'other')],
    ['not JSON and not signed either', 'hello', 'hello'],
    ['an empty body', '', null],
  ])('I2: 401 for %s', async (_name, body, signature) => {
    const { send, requests } = acceptingSend();
    const { deliver, events } = await testApp({ send });
    const response = await deliver(body, signature);
    expect(response.statusCode).toBe(401);
    expect(response.json()).toMatchObject({ code: 'bad_signature' });
    expect(requests).toEqual([]);
    expect(events).toMatchObject([{ outcome: 'unsigned' }]);
  });

  test.each([
    ['truncated JSON', '{"id":"x"'],
    ['an empty body', ''],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x00])],
    ['another shape', '[1,2,3]'],
    ['data-changed without an integration', '{"id":"x","type":"data-changed","data":{"changed_models":[]}}'],
  ])('I2: 400 for %s with a good signature', async (_name, body) => {
    const { send, requests } = acceptingSend();
    const { deliver, events } = await testApp({ send });
    const response = await deliver(body);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'malformed' });
    expect(requests).toEqual([]);
    expect(events).toMatchObject([{ outcome: 'malformed' }]);
  });

  test('I2: 413 for more than 256 KiB', async () => {
    const { send, requests } = acceptingSend();
    const { deliver, events } = await testApp({ send });
    const fits = await deliver(' '.repeat(262_144));
    expect(fits.statusCode).toBe(400);
    const body = dataChanged('a:b', 'x'.repeat(262_144));
    const response = await deliver(body);
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({ code: 'too_large' });
    expect(requests).toEqual([]);
    expect(events.at(-1)).toMatchObject({ outcome: 'too-large' });
  });

  test('503 with Retry-After when the durable step fails', async () => {
    const { deliver, events } = await testApp({ send: () => Promise.reject(new Error('no')) });
    const response = await deliver(dataChanged('personio:1', 'hris_teams'));
    expect(response.statusCode).toBe(503);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(events).toMatchObject([{ outcome: 'unavailable' }]);
  });

  test('the server does not start without a secret', async () => {
    const config = testConfig({ KOMBO_WEBHOOK_SECRETS: '' });
    await expect(buildApps(testDeps({ config }))).rejects.toThrow(/KOMBO_WEBHOOK_SECRETS/);
  });
});

describe('on a real connection', () => {
  test('I2: the signature covers the bytes: odd whitespace verifies, the same JSON in another form does not', async () => {
    const { send, requests } = acceptingSend();
    const { server, post } = await startWith(send);
    try {
      const compact = dataChanged('personio:1', 'hris_teams');
      const odd = `\n${JSON.stringify(JSON.parse(compact), null, '\t')}  \r\n`;
      expect((await post(odd, sign(odd, SECRET))).status).toBe(200);
      expect((await post(compact, sign(odd, SECRET))).status).toBe(401);
      expect(requests).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  test.each(['application/json; charset=utf-8', 'text/plain', 'application/x-www-form-urlencoded'])(
    'a body with the content type %s is read like JSON',
    async (contentType) => {
      const { send } = acceptingSend();
      const { server, post } = await startWith(send);
      try {
        const body = dataChanged('personio:1', 'hris_teams');
        expect((await post(body, sign(body, SECRET), { 'content-type': contentType })).status).toBe(200);
      } finally {
        await server.close();
      }
    },
  );
});

test('I17: no body and no secret is ever logged', async () => {
  const { log, text } = recordingLog();
  const { send } = acceptingSend();
  const { deliver } = await testApp({ send, log });
  const end_user = { organization_name: 'Jane Doe Ltd', creator_email: 'jane@example.com' };
  const data = { id: 'workday:1', tool: 'workday', category: 'HRIS', end_user };
  const body = JSON.stringify({ id: 'delivery-1', type: 'integration-created', data });
  await deliver(body);
  await deliver(body, 'wrong');
  await deliver('{"name":"jane@example.com"}');
  await deliver('{"name":"jane@example.com"');
  expect(text()).toContain('delivery-1');
  expect(text()).toContain('workday:1');
  expect(text()).not.toMatch(/jane|Jane Doe|whsec/);
});

async function startWith(send: (request: SignalRequest) => Promise<void>) {
  const server = await startServer(testDeps({ send }));
  const post = (body: string, signature: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/webhooks/kombo`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-kombo-signature': signature, ...headers },
    });
  return { server, post };
}
