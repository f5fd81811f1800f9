import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { owe } from '../../src/store/state/debts.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { listUnknown } from '../../src/store/state/unknown-integrations.ts';
import { createLookUps, FULL, input, lookUp } from './look-ups.ts';
import { environment, every, failure, inSync, readsOf, run } from './setup.ts';

const { bench, startSync, begin, known, whole } = await createLookUps();
const { control, store } = bench;
const { lookUpIntegration } = bench.activities();

describe('an id that Kombo does not know', () => {
  const isUnknown = async (id: string) =>
    (await listUnknown(store, { limit: 100 })).entries.some((entry) => entry.id === id);
  const at = Date.now();
  const deliveries = [{ type: 'data-changed', times: 1, firstAt: at, lastAt: at }];

  test('is noted when webhooks name it, until Kombo knows it', async () => {
    const id = `bombohr:${randomUUID()}`;
    const named = () => run(startSync, { ...input(id, { models: ['ats_jobs'] }), deliveries });
    expect(await named()).toMatchObject({ passes: [], blocked: { code: 'IntegrationGone' } });
    await named();
    expect(await isUnknown(id)).toBe(true);
    expect(await findIntegration(store, id)).toBeUndefined();
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    expect(readsOf(await named())).toEqual(FULL);
    expect(await isUnknown(id)).toBe(false);
  });

  test('is reported when you start a sync for it, and does not count as named by a webhook', async () => {
    const id = `bombohr:${randomUUID()}`;
    for (const kind of ['full', 'delta'] as const) {
      expect(await run(startSync, { ...input(id), kind })).toMatchObject({
        blocked: { code: 'IntegrationGone', message: expect.stringContaining('does not know') as string },
      });
    }
    expect(await isUnknown(id)).toBe(false);
    expect(bench.logs()).not.toMatch(new RegExp(`${id}.*A webhook named`));
  });
});

describe('(I6) (I25) what was asked for of an integration without a row', () => {
  test.each([
    { kind: 'error', code: 'PLATFORM.UNKNOWN_ERROR', status: 500 },
    { kind: 'error', code: 'INTEGRATION.QA_FAILED', status: 400 },
    { kind: 'status', status: 403 },
    { kind: 'status', status: 404 },
    { kind: 'status', status: 503 },
  ] as const)('waits in the run while Kombo answers with %j', async (fault) => {
    const id = await bench.integration({}, false);
    const faultId = control.addFault({ ...fault, endpoint: lookUp(id), count: 'always' });
    for (let times = 0; times < 2; times += 1) {
      expect(await begin(id, { models: ['ats_jobs'] })).toMatchObject({
        unanswered: true,
        passes: [],
        blocked: { code: expect.any(String) as string },
      });
    }
    control.removeFault(faultId);
    expect(readsOf(await begin(id, { models: ['ats_jobs'] }))).toEqual(FULL);
  });

  test('is read without waiting if the webhook names its tool and category', async () => {
    const id = await bench.integration({}, false);
    control.addFault({ kind: 'status', status: 500, endpoint: lookUp(id), count: 'always' });
    const asked = {
      ...input(id, { models: ['ats_jobs'] }),
      tool: 'bombohr',
      category: 'ATS',
      originId: '36123',
    };
    expect(readsOf(await run(startSync, asked)).filter((read) => read.startsWith('full'))).toEqual(FULL);
    expect(await known(id)).toMatchObject({
      status: 'active',
      tool: 'bombohr',
      category: 'ATS',
      originId: '36123',
    });
  });

  test('waits while Kombo refuses the key', async () => {
    const id = await bench.integration({}, false);
    const shut = bench.activities({ apiKey: 'wrong', settings: loadConfig({ RETRY_INTERVAL: '10s' }) });
    expect(await run(shut.startSync, input(id))).toMatchObject({
      unanswered: true,
      blocked: { code: expect.stringMatching(/AUTH|Denied/) as string },
    });
  });

  test('waits too if the integration is removed, because no other sync would look it up', async () => {
    const id = await whole();
    control.removeIntegration(id);
    await begin(id, { lookUp: true, deletedAt: new Date() });
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    control.addFault({ kind: 'status', status: 403, endpoint: lookUp(id) });
    expect(await begin(id, { lookUp: true })).toMatchObject({ unanswered: true });
    expect(readsOf(await begin(id, { lookUp: true }))).toEqual(FULL);
  });
});

describe('lookUpIntegration', () => {
  const look = (id: string) =>
    run(lookUpIntegration, { integrationId: id, syncId: randomUUID() }, inSync(id));

  test('has enough time for a slow answer, and reports the outcome', async () => {
    const id = await whole();
    control.setIntegration(id, { status: 'INVALID' });
    control.addFault({ kind: 'delay', ms: 2_000, endpoint: lookUp(id) });
    expect(await look(id)).toEqual({ failure: null, owes: true, retryInMs: null });
    expect(await known(id)).toMatchObject({ status: 'parked' });
    control.setIntegration(id, { status: 'ACTIVE' });
    expect(await look(id)).toMatchObject({ failure: null, owes: true });
    expect(readsOf(await begin(id))).toEqual(every('full'));
  });

  test('(I10) records a failed look-up, and returns when it is tried again', async () => {
    const id = await whole();
    control.addFault({ kind: 'status', status: 500, endpoint: lookUp(id) });
    expect(await look(id)).toMatchObject({
      failure: { code: expect.any(String) as string },
      owes: false,
      retryInMs: expect.any(Number) as number,
    });
    expect(await bench.debts(id, '/integrations/{id}')).toMatchObject({
      'look-up': { failure: { failures: 1 } },
    });
    expect(await look(id)).toMatchObject({ failure: null, retryInMs: null });
    expect(await bench.debts(id, '/integrations/{id}')).toEqual({});
  });

  test("(I10) waits as long as Kombo's rate limit says, which is not a failure", async () => {
    const id = await whole();
    control.addFault({ kind: 'rate-limit', retryAfter: 45, endpoint: lookUp(id) });
    await owe(store, id, [{ endpoint: '/integrations/{id}', kind: 'look-up' }]);
    expect(await look(id)).toMatchObject({ failure: { code: expect.any(String) as string }, waitMs: 45_000 });
    expect(await bench.debts(id, '/integrations/{id}')).toMatchObject({ 'look-up': { failure: null } });
    expect(await look(id)).toEqual({ failure: null, owes: false, retryInMs: null });
  });

  test('(I10) records nothing if it fails after a later look-up was answered', async () => {
    const id = await whole();
    const impatient = bench.activities({ timeoutMs: 1_500 });
    control.addFault({ kind: 'stall', endpoint: lookUp(id) });
    const hangs = run(impatient.lookUpIntegration, { integrationId: id, syncId: randomUUID() }, inSync(id));
    await expect.poll(() => control.requests({ path: lookUp(id) }).length).toBe(1);
    expect(await look(id)).toMatchObject({ failure: null });
    expect(await hangs).toMatchObject({ failure: { code: 'TIMED_OUT' }, retryInMs: null });
    expect(await bench.debts(id, '/integrations/{id}')).toEqual({});
  });

  test('stops at once if it is cancelled', async () => {
    const id = await whole();
    control.addFault({ kind: 'stall', endpoint: lookUp(id) });
    const env = environment();
    setTimeout(() => env.cancel('CANCELLED'), 200);
    const error = await failure(lookUpIntegration, { integrationId: id, syncId: 'x' }, env);
    expect(error.name).toBe('CancelledFailure');
  });
});
