import { expect, onTestFinished, test } from 'vitest';
import { measureLag } from '../../src/http/access/load.ts';
import { sign } from '../../src/kombo/signature.ts';
import { eventually } from '../support/poll.ts';
import { authorization } from './api.ts';
import { dataChanged, SECRET, testApp } from './support.ts';

/** Blocks the event loop. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('an event loop that is late repeatedly lags, and one that has caught up does not', async () => {
  const { lagMs, stop } = measureLag();
  onTestFinished(stop);
  await eventually(() => {
    block(600);
    return lagMs() > 200;
  });
  await eventually(() => lagMs() < 100);
  expect(lagMs()).toBeLessThan(100);
});

test('while the loop lags, every route except webhooks, /healthz and /metrics is refused and counted', async () => {
  let lag = 1_500;
  const { app, deliver } = await testApp({ lagMs: () => lag, send: () => Promise.resolve() });
  for (const url of ['/', '/readyz', '/api/v1/summary', '/api/docs/json', '/cutover']) {
    const refused = await app.inject({ url, headers: { authorization } });
    expect(refused.statusCode, url).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'overloaded' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  }
  expect((await deliver(dataChanged('personio:1', 'hris_teams'))).statusCode).toBe(200);
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  expect((await app.inject('/nothing')).statusCode).toBe(404);
  expect((await app.inject('/metrics')).body).toContain('kombo_sync_requests_shed_total 5');
  lag = 0;
  expect((await app.inject('/api/docs/json')).statusCode).toBe(200);
});

test('while it lags too much to answer in time, deliveries are refused before their body is read', async () => {
  const { app, deliver, events } = await testApp({ lagMs: () => 2_500, send: () => Promise.resolve() });
  const body = dataChanged('personio:1', 'hris_teams');
  const refused = await deliver(body, sign(body, SECRET));
  expect(refused.statusCode).toBe(503);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(events).toMatchObject([{ outcome: 'overloaded' }]);
  expect((await app.inject('/healthz')).statusCode).toBe(200);
});
