import { beforeEach, describe, expect, test } from 'vitest';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { LOOK_UP } from '../../src/domain/reads.ts';
import { noteFailure, owe } from '../../src/store/state/debts.ts';
import { leaveToNextSync, takeOverdue } from '../../src/store/state/due.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { park, pause } from '../../src/store/state/life.ts';
import { pausePass } from '../../src/store/state/pass-life.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { createTestStore } from '../support/database.ts';
import { insertDebt, type DebtRow } from '../support/debts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { open, readPass } from './support.ts';

const TAGS = '/ats/tags';
const JOBS = '/ats/jobs';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const store = await createTestStore();
let integration: string;

beforeEach(async () => {
  await store.pool.query('delete from kombo_sync.debts');
  integration = uniqueIntegrationId();
  await saveIntegration(store, { id: integration, tool: 'demo', category: 'ATS' });
});

const inMs = (ms: number) => new Date(Date.now() + ms);
const debt = (row: Partial<DebtRow>) =>
  insertDebt(store, integration, { endpoint: TAGS, kind: 'delta', ...row });

describe('an overdue debt', () => {
  const take = () => takeOverdue(store, ALL_MODELS, 1_000);
  const isTaken = async () => (await take()).includes(integration);
  const longAgo = { since: inMs(-2 * MINUTE) };
  const running = async (kind: 'delta' | 'full', state = 'running'): Promise<Pass> => {
    const pass = await open(store, integration, TAGS, kind);
    await store.pool.query('update kombo_sync.passes set state = $2 where id = $1', [pass.id, state]);
    return pass;
  };
  const sleep = (pass: Pass) =>
    store.pool.query(`update kombo_sync.passes set active_at = now() - interval '2 minutes' where id = $1`, [
      pass.id,
    ]);

  test('(I28) is found after it has been due for a minute, and again after five', async () => {
    await debt({ since: inMs(-30_000) });
    expect(await isTaken()).toBe(false);
    await debt({ kind: 'full', ...longAgo });
    expect(await take()).toEqual([integration]);
    expect(await isTaken()).toBe(false);
    await store.pool.query(
      `update kombo_sync.debts set woken_at = now() - interval '6 minutes' where integration_id = $1`,
      [integration],
    );
    expect(await isTaken()).toBe(true);
  });

  test('is not found if the endpoint is no longer read', async () => {
    const path = '/ats/application-stages';
    await debt({ endpoint: path, ...longAgo });
    expect(await isTaken()).toBe(false);
    expect(await takeOverdue(store, { ...ALL_MODELS, EXTRA_ENDPOINTS: [path] }, 1_000)).toEqual([
      integration,
    ]);
  });

  test('is found by only one of many that look at the same time', async () => {
    await debt(longAgo);
    const all = await Promise.all(Array.from({ length: 6 }, take));
    expect(all.flat()).toEqual([integration]);
  });

  test('is not one that waits for its time, is given up, or whose integration is not active', async () => {
    await debt({ ...longAgo, dueAt: inMs(-30_000) });
    await debt({ kind: 'full', ...longAgo, dueAt: inMs(-HOUR), failure: { givenUp: true } });
    expect(await isTaken()).toBe(false);
    await debt({ endpoint: JOBS, ...longAgo, dueAt: inMs(-HOUR), failure: {} });
    await pause(store, integration, 'audit');
    expect(await isTaken()).toBe(false);
  });

  test("is not one of an endpoint that is not offered, by the tool's refusal or by Kombo's list", async () => {
    await debt(longAgo);
    await debt({
      kind: 'full',
      dueAt: inMs(20 * HOUR),
      failure: { errorClass: 'EndpointDisabled', givenUp: true },
    });
    const unavailableModels = ['ats_jobs'];
    await saveIntegration(store, { id: integration, tool: 'demo', category: 'ATS', unavailableModels });
    await debt({ endpoint: JOBS, ...longAgo });
    expect(await isTaken()).toBe(false);
    await saveIntegration(store, { id: integration, tool: 'demo', category: 'ATS' });
    expect(await isTaken()).toBe(true);
  });

  test('may be a look-up, including one of a parked integration', async () => {
    await debt({ endpoint: LOOK_UP, kind: 'look-up', ...longAgo });
    await park(store, integration, { code: 'INVALID', message: 'm', needsAttention: true, retryInMs: null });
    await debt(longAgo);
    expect(await take()).toEqual([integration]);
    await store.pool.query(`delete from kombo_sync.debts where kind = 'look-up'`);
    expect(await isTaken()).toBe(false);
  });

  test('is not one that a pass reads now, or will read after a rate limit', async () => {
    await debt(longAgo);
    const pass = await running('delta');
    expect(await isTaken()).toBe(false);
    await sleep(pass);
    await pausePass(store, pass.id, HOUR, { code: 'RateLimited', message: 'm' });
    await sleep(pass);
    expect(await isTaken()).toBe(false);
    await store.pool.query('update kombo_sync.passes set waits_until = null where id = $1', [pass.id]);
    expect(await isTaken()).toBe(true);
  });

  test('(I25) is not hidden by a pass of another kind that reads the same endpoint', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    await running('full');
    await debt(longAgo);
    expect(await isTaken()).toBe(true);
    await store.pool.query('delete from kombo_sync.debts where integration_id = $1', [integration]);
    await debt({ kind: 'full', ...longAgo });
    expect(await isTaken()).toBe(false);
  });

  test('is not a sweep that runs, or that a new listing will replace', async () => {
    const pass = await readPass(store, integration, TAGS, 'full', [[]]);
    await store.pool.query(
      `update kombo_sync.debts set since = now() - interval '2 minutes' where integration_id = $1`,
      [integration],
    );
    expect(await isTaken()).toBe(false);
    await sleep(pass);
    const listing = await running('full');
    expect(await isTaken()).toBe(false);
    await sleep(listing);
    expect(await isTaken()).toBe(true);
  });

  test('(I22) is not one that was left to the next sync, until it is asked for again or that sync fails', async () => {
    await debt(longAgo);
    await leaveToNextSync(store, integration);
    expect(await isTaken()).toBe(false);
    await owe(store, integration, [{ endpoint: TAGS, kind: 'delta' }], inMs(-2 * MINUTE));
    expect(await isTaken()).toBe(true);
    await leaveToNextSync(store, integration);
    const error = { errorClass: 'Unavailable', code: 'X', message: 'm' } as const;
    const failed = { integrationId: integration, endpoint: TAGS, kind: 'delta' as const, tryId: 'x', error };
    await noteFailure(store, failed, { firstMs: MINUTE, maxMs: HOUR, giveUpMs: 24 * HOUR });
    await store.pool.query(
      `update kombo_sync.debts set since = since - interval '1 hour', due_at = now() - interval '2 minutes'
       where integration_id = $1`,
      [integration],
    );
    expect(await isTaken()).toBe(true);
  });

  test('that fails is not left to the next sync: its timer continues', async () => {
    await debt({ ...longAgo, dueAt: inMs(-2 * MINUTE), failure: {} });
    await leaveToNextSync(store, integration);
    expect(await isTaken()).toBe(true);
  });
});
