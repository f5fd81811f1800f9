import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import type { PassFailure } from '../../activities/record-failures.ts';
import { loadConfig } from '../../src/config.ts';
import { findIntegration } from '../../src/store/integrations.ts';
import { listUnknown, pause, resume } from '../../src/store/life.ts';
import { createLookUps, ENDPOINTS, FULL, input, lookUp } from './look-ups.ts';
import { failure, pass, run } from './setup.ts';

const lookUps = await createLookUps();
const { bench, temporal, planSync, recordFailures, syncEndpoint, plan } = lookUps;
const { actsOf, known, looks, reads, wholeIntegration } = lookUps;
const { control, store } = bench;

const refused = (id: string, code: string) =>
  run(recordFailures, {
    integrationId: id,
    syncId: randomUUID(),
    failures: ENDPOINTS.map((endpoint): PassFailure => {
      return { endpoint, kind: 'full', type: 'IntegrationParked', code, message: 'no' };
    }),
  });

describe('while Kombo sets it up', () => {
  test('(I21) it is known and scheduled, nothing is read, and a timer of sync/<id> waits', async () => {
    const id = await bench.integration({}, false);
    control.setIntegration(id, { setupStatus: 'FINAL_SYNC_PENDING' });
    const planned = await plan(id, { refresh: true, models: ['ats_jobs'] });
    expect(planned).toMatchObject({ passes: [], blocked: { code: 'SETUP_SYNC_PENDING' } });
    expect(Date.parse(planned.retryAt!)).toBeGreaterThan(Date.now());
    expect(await known(id)).toMatchObject({ status: 'parked', needsPerson: false });
    // This was another run, as a full sync or a catch-up.
    expect(actsOf(id)).toEqual(['schedule', 'wake']);
    expect(reads(id)).toBe(0);
  });

  test('webhooks make it look at once and do not make the pause grow', async () => {
    const id = await bench.integration({}, false);
    control.setIntegration(id, { setupStatus: 'FINAL_SYNC_PENDING' });
    const { retryAt } = await plan(id);
    for (let times = 0; times < 5; times += 1)
      expect(await plan(id, { models: ['ats_jobs'] })).toMatchObject({ retryAt });
    expect(looks(id)).toBe(6);
    expect(await known(id)).toMatchObject({ failures: 1 });
    await store.pool.query(`update kombo_sync.integrations set retry_at = now() where id = $1`, [id]);
    const later = await plan(id);
    expect(await known(id)).toMatchObject({ failures: 2 });
    expect(Date.parse(later.retryAt!) - Date.now()).toBeGreaterThan(2 * 60_000);
  });

  test('a timer waits for it also after a person has taken days to finish the setup', async () => {
    const id = await bench.integration({}, false);
    control.setIntegration(id, { setupStatus: 'INCOMPLETE' });
    expect(await plan(id)).not.toHaveProperty('retryAt');
    expect(await known(id)).toMatchObject({ statusCode: 'SETUP_INCOMPLETE', needsPerson: true });
    await store.pool.query(
      `update kombo_sync.integrations set status_since = now() - interval '5 days' where id = $1`,
      [id],
    );
    control.setIntegration(id, { setupStatus: 'FINAL_SYNC_PENDING' });
    expect(await plan(id)).toHaveProperty('retryAt');
    expect(await known(id)).toMatchObject({ statusCode: 'SETUP_SYNC_PENDING', needsPerson: false });
    // After RETRY_GIVE_UP it is left to the catch-up.
    await store.pool.query(
      `update kombo_sync.integrations set status_since = now() - interval '25 hours', retry_at = now() where id = $1`,
      [id],
    );
    expect(await plan(id)).not.toHaveProperty('retryAt');
    expect(await known(id)).toMatchObject({ needsPerson: true });
  });
});

describe('(I21) what could not be read is read in full when it can be', () => {
  test('after it was invalid, whatever was asked for', async () => {
    const id = await wholeIntegration();
    control.setIntegration(id, { status: 'INVALID' });
    expect(await plan(id, { refresh: true })).toMatchObject({ passes: [], blocked: { code: 'INVALID' } });
    control.setIntegration(id, { status: 'ACTIVE' });
    expect((await plan(id, { models: ['ats_jobs'] })).passes).toEqual(FULL);
    expect(await known(id)).toMatchObject({ status: 'active', statusReason: null });
  });

  test('after it was invalid while somebody had paused it', async () => {
    const id = await wholeIntegration();
    control.setIntegration(id, { status: 'INVALID' });
    await plan(id, { refresh: true });
    await pause(store, id, 'audit');
    control.setIntegration(id, { status: 'ACTIVE' });
    expect(await plan(id, { refresh: true })).toMatchObject({ passes: [], blocked: { code: 'Paused' } });
    await resume(store, id);
    expect((await plan(id)).passes).toEqual(FULL);
  });

  test('after its data were stale, also when that ended in a pause', async () => {
    for (const paused of [false, true]) {
      const id = await wholeIntegration();
      control.setIntegration(id, { dataExpiredAt: new Date() });
      expect((await plan(id, { refresh: true })).passes).toEqual([]);
      if (paused) await pause(store, id, 'audit');
      control.setIntegration(id, { dataExpiredAt: null });
      const { passes } = await plan(id);
      if (paused) await resume(store, id);
      expect(paused ? (await plan(id)).passes : passes).toEqual(FULL);
    }
  });

  test('when it was connected anew under the same id, though nobody told of the deletion', async () => {
    const id = await wholeIntegration({ createdAt: new Date('2026-03-01T12:00:00Z') });
    control.removeIntegration(id);
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    expect((await plan(id, { refresh: true })).passes).toEqual(FULL);
    expect((await plan(id, { refresh: true })).passes).toEqual(FULL);
  });

  test('and nothing is, when it is looked up again and all is well', async () => {
    const id = await wholeIntegration();
    for (let times = 0; times < 3; times += 1) expect((await plan(id, { refresh: true })).passes).toEqual([]);
  });
});

describe('refused by reads though Kombo says that all is well', () => {
  test('reading is tried in full, and the first page that can be read ends it', async () => {
    const id = await wholeIntegration();
    await refused(id, 'INTEGRATION.QA_FAILED');
    expect(await known(id)).toMatchObject({ status: 'parked', needsPerson: true });
    expect((await plan(id, { models: ['ats_jobs'] })).passes).toEqual(FULL);
    expect(await known(id)).toMatchObject({ status: 'parked', statusCode: 'INTEGRATION.QA_FAILED' });
    await run(syncEndpoint, pass(id));
    expect(await known(id)).toMatchObject({ status: 'active' });
  });

  test('the pause grows from try to try', async () => {
    const id = await wholeIntegration();
    const pauses: number[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      const { retryAt } = await refused(id, 'INTEGRATION.SETUP_SYNC_PENDING');
      pauses.push(Date.parse(retryAt!) - Date.now());
      await store.pool.query(`update kombo_sync.integrations set retry_at = now() where id = $1`, [id]);
      expect((await plan(id)).passes).toEqual(FULL);
    }
    expect(pauses[1]).toBeGreaterThan(pauses[0]! * 2);
    expect(pauses[2]).toBeGreaterThan(pauses[1]! * 2);
    expect(await known(id)).toMatchObject({ failures: 3 });
  });
});

test('a page that a running sync still reads does not end what Kombo says of the integration', async () => {
  const id = await wholeIntegration();
  control.setIntegration(id, { status: 'INVALID' });
  await plan(id, { refresh: true });
  await run(syncEndpoint, pass(id));
  expect(await known(id)).toMatchObject({ status: 'parked', statusCode: 'INVALID' });
});

test('(I6) a pause in the very moment in which it is parked keeps what was asked for', async () => {
  const id = await wholeIntegration();
  control.setIntegration(id, { status: 'INVALID' });
  const pausing = bench.activities({
    temporal: {
      ...temporal,
      ensureSchedules: async () => {
        await pause(store, id, 'audit');
        return 'unchanged';
      },
    },
  });
  const asked = input(id, { refresh: true, models: ['ats_jobs'] });
  expect(await run(pausing.planSync, asked)).toMatchObject({ blocked: { code: 'Paused' } });
  control.setIntegration(id, { status: 'ACTIVE' });
  await resume(store, id);
  expect((await plan(id)).passes.map(({ endpoint }) => endpoint)).toContain('/ats/jobs');
});

describe('an id that Kombo does not know', () => {
  const isUnknown = async (id: string) => (await listUnknown(store)).some((entry) => entry.id === id);
  const at = Date.now();
  const deliveries = [{ type: 'data-changed', times: 1, firstAt: at, lastAt: at }];

  test('and that webhooks name is noted until it does', async () => {
    const id = `bombohr:${randomUUID()}`;
    const named = () => run(planSync, { ...input(id, { models: ['ats_jobs'] }), deliveries });
    expect(await named()).toMatchObject({ passes: [], blocked: { code: 'IntegrationGone' } });
    await named();
    expect(await isUnknown(id)).toBe(true);
    expect(await findIntegration(store, id)).toBeUndefined();
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    expect((await named()).passes).toHaveLength(ENDPOINTS.length);
    expect(await isUnknown(id)).toBe(false);
  });

  test('and that somebody starts a sync for is told to them, and counts for no webhook', async () => {
    const id = `bombohr:${randomUUID()}`;
    for (const kind of ['full', 'delta'] as const) {
      expect(await run(planSync, { ...input(id), kind })).toMatchObject({
        blocked: { code: 'IntegrationGone', message: expect.stringContaining('does not know') as string },
      });
    }
    expect(await isUnknown(id)).toBe(false);
    expect(bench.logs()).not.toMatch(new RegExp(`${id}.*A webhook named`));
  });
});

test('when Kombo refuses us altogether, a new integration waits, and its pauses grow', async () => {
  const id = await bench.integration({}, false);
  const shut = bench.activities({ apiKey: 'wrong', settings: loadConfig({ RETRY_INTERVAL: '10s' }) });
  const error = await failure(shut.planSync, input(id));
  expect(error).toMatchObject({ type: 'AccessDenied', nonRetryable: false, nextRetryDelay: 10_000 });
});

describe('(I6) what was asked for of an integration that has no row waits in the run', () => {
  const attempted = (attempt: number) => new MockActivityEnvironment({ attempt });

  test('whatever Kombo fails with, and however often', async () => {
    for (const fault of [
      { kind: 'error', code: 'PLATFORM.UNKNOWN_ERROR', status: 500 },
      { kind: 'error', code: 'INTEGRATION.QA_FAILED', status: 400 },
      { kind: 'status', status: 403 },
      { kind: 'status', status: 404 },
      { kind: 'status', status: 503 },
    ] as const) {
      const id = await bench.integration({}, false);
      const faultId = control.addFault({ ...fault, endpoint: lookUp(id), count: 'always' });
      for (const attempt of [1, 10]) {
        const error = await failure(planSync, input(id, { models: ['ats_jobs'] }), attempted(attempt));
        expect(error).toMatchObject({ nonRetryable: false });
      }
      control.removeFault(faultId);
      expect((await plan(id, { models: ['ats_jobs'] })).passes).toHaveLength(ENDPOINTS.length);
    }
  });

  test('and of one that is removed, which nothing else would look at again', async () => {
    const id = await wholeIntegration();
    await plan(id, { refresh: true, deletedAt: new Date() });
    control.removeIntegration(id);
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    control.addFault({ kind: 'status', status: 403, endpoint: lookUp(id) });
    expect(await failure(planSync, input(id, { refresh: true }))).toMatchObject({ nonRetryable: false });
    expect((await plan(id, { refresh: true })).passes).toEqual(FULL);
  });

  test('the operator is told once', async () => {
    const id = await bench.integration({}, false);
    control.addFault({ kind: 'status', status: 403, endpoint: lookUp(id), count: 'always' });
    for (const attempt of [1, 2, 3]) await failure(planSync, input(id), attempted(attempt));
    expect(bench.logs().split(id)).toHaveLength(2);
  });
});
