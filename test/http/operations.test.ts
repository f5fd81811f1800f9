import { Registry } from 'prom-client';
import { beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { CLOSED_ADDRESS, dataChanged, temporalAt, testApp } from './support.ts';

let store: TestStore;
let behindStore: TestStore;
beforeAll(async () => {
  store = await createTestStore();
  behindStore = await createTestStore();
  await behindStore.pool.query('drop table kombo.ats_jobs cascade');
});

describe('/healthz and /readyz', () => {
  test('while every part is away, the service is alive but not ready, and names the parts', async () => {
    const { app } = await testApp();
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    const startedAt = performance.now();
    const response = await app.inject('/readyz');
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(response.statusCode).toBe(503);
    const body = response.json<{ note: string }>();
    expect(body).toMatchObject({
      ready: false,
      temporal: { ok: false, message: expect.stringContaining('TEMPORAL_ADDRESS') },
      database: { ok: false, message: expect.stringContaining('DATABASE_URL') },
      migrations: { ok: false },
    });
    expect(body.note).toMatch(/Webhooks need Temporal only/);
  });

  test('the service is ready only with Temporal, Postgres and every migration', async () => {
    const { app } = await testApp({ store, temporal: temporalAt(inject('temporalAddress')) });
    const ready = await app.inject('/readyz');
    expect(ready.json()).toMatchObject({ ready: true });
    expect(ready.statusCode).toBe(200);

    const { app: appBehind } = await testApp({
      store: behindStore,
      temporal: temporalAt(inject('temporalAddress')),
    });
    const behind = await appBehind.inject('/readyz');
    expect(behind.statusCode).toBe(503);
    expect(behind.json()).toMatchObject({
      database: { ok: true },
      migrations: { ok: false, message: expect.stringContaining('kombo-sync migrate') },
    });
  });
});

test('a hundred callers at once cost as much as one, and the next one gets a new answer', async () => {
  const query = vi.spyOn(store.pool, 'query');
  const render = vi.spyOn(Registry.prototype, 'metrics');
  onTestFinished(() => {
    query.mockRestore();
    render.mockRestore();
  });
  const asked = () => query.mock.calls.filter(([text]) => /transaction_read_only/.test(text)).length;
  const { app } = await testApp({ store, temporal: temporalAt(inject('temporalAddress')) });
  const hundred = (url: string) => Promise.all(Array.from({ length: 100 }, () => app.inject(url)));
  for (const url of ['/readyz', '/metrics']) {
    const answers = await hundred(url);
    expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
  }
  expect(asked()).toBe(1);
  expect(render).toHaveBeenCalledTimes(1);
  await eventually(async () => {
    await app.inject('/readyz');
    return asked() === 2;
  });
});

describe('/metrics', () => {
  test('counts deliveries; unknown types share one label, and no id is a label', async () => {
    const { app, deliver } = await testApp({ send: () => Promise.resolve() });
    await deliver(dataChanged('personio:1', 'hris_teams', 'hris_moods'));
    await deliver(JSON.stringify({ id: 'x', type: 'invented-next-year', data: {} }));
    await deliver('{}', 'wrong');
    const page = (await app.inject('/metrics')).body;
    const deliveries = 'kombo_sync_webhook_deliveries_total';
    expect(value(page, `${deliveries}{type="data-changed",outcome="accepted"}`)).toBe('1');
    expect(value(page, `${deliveries}{type="other",outcome="ignored"}`)).toBe('1');
    expect(value(page, `${deliveries}{type="other",outcome="unsigned"}`)).toBe('1');
    expect(value(page, 'kombo_sync_webhook_unknown_models_total')).toBe('1');
    expect(value(page, 'kombo_sync_webhook_duration_seconds_count{outcome="accepted"}')).toBe('1');
    expect(page).toContain('process_cpu_seconds_total');
    expect(page).not.toMatch(/personio|invented/);
  });

  test('answers without Postgres, and claims nothing about the data', async () => {
    const { app } = await testApp();
    const response = await app.inject('/metrics');
    expect(response.statusCode).toBe(200);
    expect(value(response.body, 'kombo_sync_store_up')).toBe('0');
    expect(value(response.body, 'kombo_sync_failed_endpoints')).toBe('Nan');
    expect(response.body).not.toContain('kombo_sync_freshness_seconds{');
  });

  test('I18: an integration that was never read is as stale as it is old', async () => {
    await saveIntegration(store, { id: 'personio:1', tool: 'personio', category: 'HRIS' });
    await saveIntegration(store, { id: 'lever:1', tool: 'lever', category: 'ATS' });
    await store.pool.query(
      `update kombo_sync.integrations set created_at = now() - interval '1 hour' where id = 'personio:1'`,
    );
    await store.pool.query(`update kombo_sync.integrations set status = 'paused' where id = 'lever:1'`);
    const { app } = await testApp({ store, temporal: temporalAt(CLOSED_ADDRESS) });
    const page = (await app.inject('/metrics')).body;
    expect(value(page, 'kombo_sync_store_up')).toBe('1');
    expect(Number(value(page, 'kombo_sync_freshness_seconds{category="HRIS"}'))).toBeGreaterThanOrEqual(
      3_600,
    );
    expect(page).not.toContain('kombo_sync_freshness_seconds{category="ATS"}');
    expect(value(page, 'kombo_sync_integrations{status="active"}')).toBe('1');
    expect(value(page, 'kombo_sync_integrations{status="paused"}')).toBe('1');
    expect(value(page, 'kombo_sync_integrations{status="parked"}')).toBe('0');
    expect(value(page, 'kombo_sync_rejected_records')).toBe('0');
  });
});

/** The value of a series on a metrics page. */
function value(page: string, series: string): string | undefined {
  const line = page.split('\n').find((text) => text.startsWith(`${series} `));
  return line?.slice(series.length + 1);
}
