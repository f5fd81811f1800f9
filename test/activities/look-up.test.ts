import { describe, expect, test } from 'vitest';
import { pause, resume } from '../../src/store/state/life.ts';
import { createLookUps, FULL, lookUp } from './look-ups.ts';
import { inSync, pass, readsOf, run, start } from './setup.ts';

const lookUps = await createLookUps();
const { bench, startSync, syncEndpoint, begin, isSettled, known, looks, reads, whole } = lookUps;
const { control, store } = bench;

describe('while an integration is being set up', () => {
  test('(I21) it is stored and scheduled, nothing is read, and a timer of sync/<id> waits', async () => {
    const id = await bench.integration({}, false);
    control.setIntegration(id, { setupStatus: 'FINAL_SYNC_PENDING' });
    const started = await begin(id, { lookUp: true, models: ['ats_jobs'] });
    expect(started).toMatchObject({ passes: [], outcomes: [], blocked: { code: 'SETUP_SYNC_PENDING' } });
    expect(started.retryInMs).toBeGreaterThan(0);
    expect(await known(id)).toMatchObject({ status: 'parked', needsAttention: false });
    expect(isSettled(id)).toBe(true);
    // This was another run, for example a full sync or a catch-up.
    expect(bench.timesWoken(id)).toBe(1);
    expect(reads(id)).toBe(0);
  });

  test('webhooks make a sync look it up at once, and do not move the timer', async () => {
    const id = await bench.integration({}, false);
    control.setIntegration(id, { setupStatus: 'FINAL_SYNC_PENDING' });
    await begin(id);
    const { retryAt } = await known(id);
    for (let times = 0; times < 5; times += 1) await begin(id, { models: ['ats_jobs'] });
    expect(looks(id)).toBe(6);
    expect((await known(id)).retryAt).toEqual(retryAt);
    // The pause is a tenth of the time for which it has been parked.
    await store.pool.query(
      `update kombo_sync.integrations set retry_at = now(), status_since = now() - interval '1 hour' where id = $1`,
      [id],
    );
    const { retryInMs } = await begin(id);
    expect(retryInMs).toBeGreaterThan(4 * 60_000);
    expect(retryInMs).toBeLessThanOrEqual(6 * 60_000);
  });

  test('a timer waits for it even after you took days to finish the setup', async () => {
    const id = await bench.integration({}, false);
    control.setIntegration(id, { setupStatus: 'INCOMPLETE' });
    expect((await begin(id)).retryInMs).toBeNull();
    expect(await known(id)).toMatchObject({ statusCode: 'SETUP_INCOMPLETE', needsAttention: true });
    await store.pool.query(
      `update kombo_sync.integrations set status_since = now() - interval '5 days' where id = $1`,
      [id],
    );
    control.setIntegration(id, { setupStatus: 'FINAL_SYNC_PENDING' });
    expect((await begin(id)).retryInMs).toBeGreaterThan(0);
    expect(await known(id)).toMatchObject({ statusCode: 'SETUP_SYNC_PENDING', needsAttention: false });
    // After RETRY_GIVE_UP, only the catch-up looks it up.
    await store.pool.query(
      `update kombo_sync.integrations set status_since = now() - interval '73 hours', retry_at = now() where id = $1`,
      [id],
    );
    expect((await begin(id)).retryInMs).toBeNull();
    expect(await known(id)).toMatchObject({ needsAttention: true });
  });
});

test('(I25) a parked integration whose look-up is not answered is looked up again soon, even if it had no timer', async () => {
  const id = await whole();
  control.setIntegration(id, { status: 'INVALID' });
  expect((await begin(id, { lookUp: true })).retryInMs).toBeNull();
  control.setIntegration(id, { status: 'ACTIVE' });
  control.addFault({ kind: 'status', status: 500, endpoint: lookUp(id), count: 1 });
  const told = await begin(id, { lookUp: true });
  expect(told).toMatchObject({ blocked: { code: 'INVALID' } });
  expect(told.retryInMs).toBeGreaterThan(0);
  expect(told.retryInMs).toBeLessThanOrEqual(60_000);
  await bench.wait(id, 60_000);
  expect(readsOf(await begin(id))).toEqual(FULL);
});

describe('(I21) an integration that could not be read is read in full', () => {
  test('after it was invalid, regardless of what was asked for', async () => {
    const id = await whole();
    control.setIntegration(id, { status: 'INVALID' });
    expect(await begin(id, { lookUp: true })).toMatchObject({ passes: [], blocked: { code: 'INVALID' } });
    control.setIntegration(id, { status: 'ACTIVE' });
    expect(readsOf(await begin(id, { models: ['ats_jobs'] }))).toEqual([...FULL, 'delta /ats/jobs'].sort());
    expect(await known(id)).toMatchObject({ status: 'active', statusReason: null });
  });

  test('after it was invalid while it was paused', async () => {
    const id = await whole();
    control.setIntegration(id, { status: 'INVALID' });
    await begin(id, { lookUp: true });
    await pause(store, id, 'audit');
    control.setIntegration(id, { status: 'ACTIVE' });
    expect(await begin(id, { lookUp: true })).toMatchObject({ passes: [], blocked: { code: 'Paused' } });
    await resume(store, id);
    expect(readsOf(await begin(id))).toEqual(FULL);
  });

  test('after its data was outdated, even if that ended during a pause', async () => {
    for (const paused of [false, true]) {
      const id = await whole();
      control.setIntegration(id, { dataExpiredAt: new Date() });
      expect(readsOf(await begin(id, { lookUp: true }))).toEqual([]);
      if (paused) await pause(store, id, 'audit');
      control.setIntegration(id, { dataExpiredAt: null });
      const started = await begin(id);
      if (paused) await resume(store, id);
      expect(readsOf(paused ? await begin(id) : started)).toEqual(FULL);
    }
  });

  test('after it was connected again with the same id, even if no webhook reported the deletion', async () => {
    const id = await whole({ createdAt: new Date('2026-03-01T12:00:00Z') });
    control.removeIntegration(id);
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    for (let times = 0; times < 2; times += 1) {
      expect(readsOf(await begin(id, { lookUp: true }))).toEqual(FULL);
    }
  });

  test('but not after a look-up that finds no change', async () => {
    const id = await whole();
    for (let times = 0; times < 3; times += 1) {
      expect(readsOf(await begin(id, { lookUp: true }))).toEqual([]);
    }
  });
});

describe('an integration that every read refuses although Kombo calls it active', () => {
  const refuseAll = (id: string, code: string) =>
    control.addFault({ kind: 'error', code, integration: id, count: 'always' });
  const everything = (id: string) =>
    run(startSync, start(id, { by: 'operator', models: undefined }), inSync(id));

  test('is still tried, and after the first page it is active and read in full', async () => {
    for (const looked of [false, true]) {
      const id = await whole();
      const fault = refuseAll(id, 'INTEGRATION.QA_FAILED');
      await everything(id);
      expect(await known(id)).toMatchObject({ status: 'parked', needsAttention: true });
      control.removeFault(fault);
      await bench.wait(id, 120_000);
      if (looked) {
        control.addFault({ kind: 'delay', ms: 3_000, integration: id, count: 'always' });
        expect(readsOf(await begin(id, { models: ['ats_jobs'] }))).toContain('delta /ats/jobs');
        expect(await known(id)).toMatchObject({ status: 'parked', statusCode: 'INTEGRATION.QA_FAILED' });
        control.clearFaults();
      }
      await run(syncEndpoint, pass(id), inSync(id));
      expect(await known(id)).toMatchObject({ status: 'active' });
      expect(bench.timesWoken(id)).toBe(1);
      expect(readsOf(await begin(id)).filter((read) => read.startsWith('full'))).toEqual(FULL);
    }
  });

  test('is tried after a pause that grows with the time', async () => {
    const id = await whole();
    refuseAll(id, 'INTEGRATION.SETUP_SYNC_PENDING');
    await everything(id);
    const first = await known(id);
    expect(first).toMatchObject({ status: 'parked', needsAttention: false });
    const pauseMs = first.retryAt!.getTime() - Date.now();
    expect(pauseMs).toBeGreaterThan(0);
    expect(pauseMs).toBeLessThanOrEqual(60_000);
    await store.pool.query(
      `update kombo_sync.integrations set retry_at = now(), status_since = now() - interval '2 hours' where id = $1`,
      [id],
    );
    await bench.wait(id, 3_600_000);
    await everything(id);
    expect((await known(id)).retryAt!.getTime() - Date.now()).toBeGreaterThan(9 * 60_000);
    control.clearFaults();
  });
});

test('a page that a running sync still reads does not end a parking that a look-up caused', async () => {
  const id = await whole();
  control.setIntegration(id, { status: 'INVALID' });
  await begin(id, { lookUp: true });
  await run(syncEndpoint, pass(id));
  expect(await known(id)).toMatchObject({ status: 'parked', statusCode: 'INVALID' });
});

test('(I6) a pause during the look-up keeps what was asked for', async () => {
  const id = await whole();
  control.setIntegration(id, { status: 'INVALID' });
  control.addFault({ kind: 'delay', ms: 300, endpoint: lookUp(id) });
  control.addFault({ kind: 'delay', ms: 3_000, integration: id, endpoint: '/ats/jobs' });
  // The pause comes while Kombo answers.
  setTimeout(() => void pause(store, id, 'audit'), 100);
  await begin(id, { lookUp: true, models: ['ats_jobs'] });
  expect(await known(id)).toMatchObject({ status: 'paused' });
  control.setIntegration(id, { status: 'ACTIVE' });
  await resume(store, id);
  expect(readsOf(await begin(id))).toContain('delta /ats/jobs');
});
