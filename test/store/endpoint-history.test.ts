import { beforeEach, describe, expect, test } from 'vitest';
import { NO_HISTORY } from '../../src/domain/decide.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { owe } from '../../src/store/state/debts.ts';
import { historyOf, readHistory } from '../../src/store/state/endpoint-history.ts';
import { endPass, pausePass } from '../../src/store/state/pass-life.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { databaseTime, historyAt, makePage, open, PLAIN, readPass, sweep } from './support.ts';

const TAGS = '/ats/tags';
const JOBS = '/ats/jobs';

const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const begin = (kind: PassKind, more: { syncId?: string; since?: string; overlapMs?: number } = {}) =>
  open(store, integration, TAGS, kind, more);
const complete = async (pass: Pass) => (await commitPage(store, pass, makePage(TAGS, []), PLAIN)).pass;
const history = () => historyAt(store, integration, TAGS);
const sleep = (pass: Pass) =>
  store.pool.query(
    `update kombo_sync.passes set active_at = active_at - interval '61 seconds' where id = $1`,
    [pass.id],
  );

describe('the history of an endpoint', () => {
  test('is empty if it was never read', async () => {
    expect(await history()).toEqual({ ...NO_HISTORY });
    expect(historyOf({ endpoints: new Map() }, TAGS)).toEqual(NO_HISTORY);
  });

  test('(I8) has its watermark and its last full read, each from the newest completed pass', async () => {
    const full = await readPass(store, integration, TAGS, 'full', [[]]);
    const slow = await begin('full');
    const delta = await readPass(store, integration, TAGS, 'delta', [[]]);
    expect(await history()).toMatchObject({ watermark: delta.watermark_at, lastFull: full.started_at });
    await complete(slow);
    expect(await history()).toMatchObject({ watermark: delta.watermark_at, lastFull: slow.started_at });
  });

  test('(I8) does not change with a pass that leaves a gap, failed or was skipped', async () => {
    const full = await readPass(store, integration, TAGS, 'full', [[]]);
    const known = { watermark: full.watermark_at, lastFull: full.started_at };
    await complete(await begin('full', { since: (await databaseTime(store)).toISOString() }));
    for (const state of ['failed', 'skipped', 'abandoned'] as const) {
      const pass = await begin('full');
      await endPass(store, pass.id, { state, code: 'X', message: 'm', resumable: true });
    }
    expect(await history()).toMatchObject(known);
  });

  test('has the debts of each kind, for this endpoint and integration only', async () => {
    await owe(store, integration, [{ endpoint: TAGS, kind: 'delta' }]);
    await owe(store, integration, [{ endpoint: TAGS, kind: 'full' }]);
    await readPass(store, integration, JOBS, 'full', [[]]);
    await readPass(store, `${integration}-other`, TAGS, 'full', [[]]);
    expect(await history()).toMatchObject({ watermark: null, debts: { delta: {}, full: {} } });
    const { endpoints } = await readHistory(store, integration, [TAGS]);
    expect([...endpoints.keys()]).toEqual([TAGS]);
  });

  test('comes with the time of the database', async () => {
    const before = await databaseTime(store);
    const { now } = await readHistory(store, integration, [TAGS]);
    expect(now.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(now.getTime()).toBeLessThanOrEqual((await databaseTime(store)).getTime());
  });
});

const begun = ({ started_at: at, started_seq: seq }: Pass) => ({ at, seq });

describe('(I25) the full pass that a delta can build on before there is a watermark', () => {
  const page = async (pass: Pass, clockCorrectionMs = 0) =>
    (await commitPage(store, pass, makePage(TAGS, [], { next: 'page 2', clockCorrectionMs }), PLAIN)).pass;

  test('is the newest one that reads everything, even if it stopped', async () => {
    const first = await page(await begin('full'));
    expect(await history()).toMatchObject({ fullBegun: first.started_at });
    await endPass(store, first.id, { state: 'failed', code: 'X', message: 'm', resumable: false });
    expect(await history()).toMatchObject({ fullBegun: first.started_at });
    const second = await page(await begin('full'));
    await endPass(store, second.id, { state: 'abandoned', code: 'X', message: 'm', resumable: false });
    expect(await history()).toMatchObject({ fullBegun: second.started_at });
  });

  test("has its start by Kombo's clock, or before that is known, the earliest possible one", async () => {
    const pass = await begin('full');
    const before = (ms: number) => new Date(pass.started_at.getTime() - ms);
    expect(await history()).toMatchObject({ fullBegun: before(86_400_000) });
    await page(pass, -90_000);
    expect(await history()).toMatchObject({ fullBegun: before(90_000) });
  });

  test('is not one that reads only changes since a date, or that was skipped', async () => {
    await begin('full', { since: '2026-01-01' });
    const skipped = await begin('full');
    await endPass(store, skipped.id, { state: 'skipped', code: 'X', message: 'm', resumable: false });
    expect(await history()).toMatchObject({ fullBegun: null });
  });

  test('no longer counts once there is a watermark', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    await begin('full');
    expect(await history()).toMatchObject({ fullBegun: null });
  });
});

describe('what is being read', () => {
  test('is listed by kind, with the newest start', async () => {
    await begin('full');
    const full = await begin('full');
    const delta = await begin('delta');
    expect((await history()).reading).toEqual({ full: begun(full), delta: begun(delta) });
    await complete(delta);
    expect((await history()).reading).toEqual({ full: begun(full) });
  });

  test('(I15) includes the sweep of a listing until it is done', async () => {
    const pass = await readPass(store, integration, TAGS, 'full', [[]]);
    expect((await history()).reading).toEqual({ sweep: begun(pass) });
    await sweep(store, pass);
    expect((await history()).reading).toEqual({});
  });

  test('does not include a pass without a sign of life for a minute, unless it waits for a rate limit', async () => {
    const full = await begin('full');
    const delta = await begin('delta');
    await pausePass(store, delta.id, 600_000, { code: 'RateLimited', message: 'm' });
    await Promise.all([full, delta].map(sleep));
    expect((await history()).reading).toEqual({ delta: begun(delta) });
    const listed = await complete(await begin('full'));
    await sleep(listed);
    expect((await history()).reading).toEqual({ delta: begun(delta) });
  });
});

test('another full sync is one that now reads everything of an endpoint, not the own one or a delta', async () => {
  const own = `${integration}/own`;
  const isBeside = async (syncId?: string) =>
    (await readHistory(store, integration, [TAGS], syncId)).besideFullSync;
  await readPass(store, integration, TAGS, 'full', [[]]);
  await begin('delta');
  await begin('full', { since: '2026-01-01' });
  expect(await isBeside(own)).toBe(false);
  const full = await begin('full', { syncId: own });
  expect([await isBeside(own), await isBeside()]).toEqual([false, true]);
  const { besideFullSync } = await readHistory(store, integration, [JOBS]);
  expect(besideFullSync).toBe(true);
  await sleep(full);
  expect(await isBeside()).toBe(false);
});
