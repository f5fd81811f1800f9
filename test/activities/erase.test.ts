import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { REMOVED } from '../../src/domain/life.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { remove, revive } from '../../src/store/state/life.ts';
import { eventually } from '../support/poll.ts';
import { lookUp } from './look-ups.ts';
import { createWorkbench, environment, failure, pass, readOnce, run } from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
const { eraseIntegration } = bench.activities();
const DAY = 86_400_000;

/** An integration with data, removed this many days ago. */
async function removedIntegration(daysAgo: number, code = 'Deleted'): Promise<string> {
  const id = await bench.integration({ records: { ats_jobs: 30 } });
  await readOnce(bench, id);
  await remove(store, id, { code, message: 'gone', at: new Date(Date.now() - daysAgo * DAY) });
  return id;
}
const rows = (id: string) => bench.count(id);
const known = async (id: string) => (await findIntegration(store, id))!;

test('nothing is erased before DELETED_RETENTION is over, and everything after that', async () => {
  const id = await removedIntegration(13);
  const { removedAt } = await known(id);
  const early = await run(eraseIntegration, { integrationId: id });
  const inMs = removedAt!.getTime() + 14 * DAY - Date.now();
  expect(early).toEqual({ state: 'early', rows: 0, inMs: expect.any(Number) as number });
  expect(Math.abs((early as { inMs: number }).inMs - inMs)).toBeLessThan(5_000);
  expect(await rows(id)).toBe(30);
  const shorter = bench.activities({ settings: loadConfig({ DELETED_RETENTION: '12d' }) });
  const done = await run(shorter.eraseIntegration, { integrationId: id });
  expect(done).toMatchObject({ state: 'erased' });
  expect(done.rows).toBeGreaterThan(60);
  expect(await rows(id)).toBe(0);
  expect((await known(id)).erasedAt).not.toBeNull();
  expect(await run(eraseIntegration, { integrationId: id, now: true })).toEqual({ state: 'erased', rows: 0 });
});

test('everything is erased at once if you ask for it', async () => {
  const id = await removedIntegration(0, 'RemovedByHand');
  expect(await run(eraseIntegration, { integrationId: id, now: true })).toMatchObject({ state: 'erased' });
  expect(await rows(id)).toBe(0);
});

test('nothing is erased if DELETED_RETENTION is off, or the integration exists again', async () => {
  const id = await removedIntegration(1_000);
  const off = bench.activities({ settings: loadConfig({ DELETED_RETENTION: 'off' }) });
  expect(await run(off.eraseIntegration, { integrationId: id })).toEqual({ state: 'kept', rows: 0 });
  await revive(store, id);
  for (const now of [false, true]) {
    expect(await run(eraseIntegration, { integrationId: id, now })).toEqual({ state: 'kept', rows: 0 });
  }
  expect(await run(eraseIntegration, { integrationId: 'bombohr:nowhere', now: true })).toMatchObject({
    state: 'kept',
  });
  expect(await rows(id)).toBe(30);
});

test('a cancellation does not wait for Kombo', async () => {
  const id = await removedIntegration(15, REMOVED.unknown);
  control.addFault({ kind: 'stall', endpoint: lookUp(id) });
  const env = environment();
  setTimeout(() => env.cancel('CANCELLED'), 200);
  const began = performance.now();
  expect((await failure(eraseIntegration, { integrationId: id }, env)).name).toBe('CancelledFailure');
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(await rows(id)).toBe(30);
});

test('what a 404 has removed is looked up once more: kept and woken when it is there, erased when it is not', async () => {
  const code = 'PLATFORM.INTEGRATION_NOT_FOUND';
  const id = await removedIntegration(20, code);
  expect(await run(eraseIntegration, { integrationId: id })).toEqual({ state: 'kept', rows: 0 });
  expect(bench.woken).toContain(id);
  control.addFault({ kind: 'unavailable' });
  expect(await failure(eraseIntegration, { integrationId: id })).toMatchObject({
    type: 'Unavailable',
    nonRetryable: false,
  });
  control.clearFaults();
  control.addFault({ kind: 'error', code: 'PLATFORM.AUTHENTICATION_INVALID' });
  // A wrong key is not a reason to give up.
  expect(await failure(eraseIntegration, { integrationId: id })).toMatchObject({ nonRetryable: false });
  expect(await rows(id)).toBe(30);
  control.removeIntegration(id);
  expect(await run(eraseIntegration, { integrationId: id })).toMatchObject({ state: 'erased' });
  // After a deletion that a webhook reported, Kombo is not asked.
  const told = await removedIntegration(20);
  expect(await run(eraseIntegration, { integrationId: told })).toMatchObject({ state: 'erased' });
});

test('it makes room for others between two steps', async () => {
  const id = await removedIntegration(20);
  const { eraseIntegration: step } = bench.activities({ chunkMs: 0 });
  let steps = 0;
  let total = 0;
  for (let state = 'erasing'; state === 'erasing'; steps += 1) {
    const result = await run(step, { integrationId: id });
    total += result.rows;
    ({ state } = result);
  }
  expect(steps).toBeGreaterThan(2);
  expect(total).toBeGreaterThan(60);
  expect(await rows(id)).toBe(0);
});

describe('erased data stays erased', () => {
  const removeAndErase = async (id: string) => {
    await remove(store, id, { code: 'RemovedByHand', message: 'gone', at: new Date() });
    expect(await run(eraseIntegration, { integrationId: id, now: true })).toMatchObject({ state: 'erased' });
  };
  const refused = { state: 'failed', reason: { code: 'IntegrationGone' }, owes: false };
  const { syncEndpoint } = bench.activities();

  test('a late pass reads nothing', async () => {
    const id = await bench.integration({ records: { ats_jobs: 30 } });
    await readOnce(bench, id);
    await removeAndErase(id);
    control.clearRequests();
    expect(await failure(syncEndpoint, pass(id))).toMatchObject({
      type: 'IntegrationGone',
      nonRetryable: true,
    });
    expect(bench.queries(id)).toEqual([]);
    expect(await rows(id)).toBe(0);
    expect(await known(id)).toMatchObject({ status: 'removed', statusCode: 'RemovedByHand' });
  });

  test('a page under way is not written', async () => {
    const id = await bench.integration({ records: { ats_jobs: 600 } });
    control.addFault({ kind: 'delay', ms: 1_000, integration: id, endpoint: '/ats/jobs', nth: 2 });
    const reading = run(syncEndpoint, pass(id, { kind: 'full' }));
    await eventually(async () => (await rows(id)) === 250);
    await removeAndErase(id);
    expect(await reading).toMatchObject(refused);
    expect(await rows(id)).toBe(0);
    expect(await bench.passes(id)).toEqual([]);
  });

  test('answers that a sweep waits for are not written', async () => {
    const id = await bench.integration({ records: { ats_jobs: 30 } });
    await readOnce(bench, id);
    control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 10 }));
    control.clearRequests();
    control.addFault({ kind: 'delay', ms: 1_000, integration: id, endpoint: '/ats/jobs', nth: 2 });
    const sweeping = run(syncEndpoint, pass(id, { kind: 'full' }));
    await eventually(() => bench.queries(id).length === 2);
    await removeAndErase(id);
    expect(await sweeping).toMatchObject(refused);
    expect(await rows(id)).toBe(0);
  });
});
