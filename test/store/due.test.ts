import { beforeEach, describe, expect, test } from 'vitest';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import type { ErrorClass } from '../../src/domain/errors.ts';
import { LOOK_UP, type DebtKind } from '../../src/domain/reads.ts';
import {
  hastenTries,
  healTogether,
  makeDue,
  nextRetryMs,
  refusedEverywhere,
} from '../../src/store/state/due.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { park, pause, remove } from '../../src/store/state/life.ts';
import { createTestStore } from '../support/database.ts';
import { insertDebt, type DebtRow } from '../support/debts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { databaseTime, historyAt } from './support.ts';

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
const debt = (row: Partial<DebtRow>, id = integration) =>
  insertDebt(store, id, { endpoint: TAGS, kind: 'delta', ...row });
const debtAt = async (endpoint = TAGS, kind: DebtKind = 'delta', id = integration) =>
  (await historyAt(store, id, endpoint)).debts[kind]!;
/** A debt that has failed for an hour, was tried some time ago, and whose next try is far away. */
const failing = (triedMsAgo: number, errorClass: ErrorClass = 'Unavailable'): Partial<DebtRow> => ({
  dueAt: inMs(5 * HOUR),
  failure: { errorClass, since: inMs(-HOUR), triedAt: inMs(-triedMsAgo) },
});
/** Milliseconds until a debt is due. */
const dueIn = async (...where: Parameters<typeof debtAt>) =>
  (await debtAt(...where)).dueAt!.getTime() - Date.now();

describe('once Kombo answers again', () => {
  const heal = (id = integration) => healTogether(store, id, inMs(-HOUR), MINUTE);

  test('(I27) reads that failed for the same reason are due, but not before RETRY_INTERVAL after their last try', async () => {
    await debt(failing(30 * MINUTE));
    await debt({ endpoint: JOBS, ...failing(20_000, 'AccessDenied') });
    await debt({ endpoint: LOOK_UP, kind: 'look-up', ...failing(2 * MINUTE) });
    expect(await heal()).toEqual([]);
    expect(await dueIn()).toBeLessThanOrEqual(0);
    expect(await dueIn(LOOK_UP, 'look-up')).toBeLessThanOrEqual(0);
    const left = await dueIn(JOBS);
    expect(left).toBeGreaterThan(30_000);
    expect(left).toBeLessThanOrEqual(40_000);
  });

  test('reads that failed for another reason, and debts that do not fail, keep their pause', async () => {
    const classes = ['RequestRejected', 'EndpointDisabled', 'IntegrationParked', 'Internal'] as const;
    for (const errorClass of classes)
      await debt({ endpoint: `/x/${errorClass}`, ...failing(HOUR, errorClass) });
    await debt({ kind: 'full', dueAt: inMs(5 * HOUR) });
    await heal();
    for (const errorClass of classes) expect(await dueIn(`/x/${errorClass}`)).toBeGreaterThan(4 * HOUR);
    expect(await dueIn(TAGS, 'full')).toBeGreaterThan(4 * HOUR);
  });

  test('(I27) other integrations in the same outage are due too, and returned to be woken', async () => {
    const [same, before] = [`${integration}-a`, `${integration}-b`];
    await debt(failing(10 * MINUTE), same);
    await debt({ endpoint: JOBS, ...failing(10 * MINUTE) }, same);
    await debt({ ...failing(10 * MINUTE), failure: { since: inMs(-3 * HOUR) } }, before);
    expect(await heal()).toEqual([same]);
    expect(await dueIn(TAGS, 'delta', same)).toBeLessThanOrEqual(0);
    expect(await dueIn(TAGS, 'delta', before)).toBeGreaterThan(4 * HOUR);
  });

  test('(I27) reads that were given up, which no timer tries, are tried too', async () => {
    const same = `${integration}-a`;
    await debt(
      { ...failing(10 * MINUTE), dueAt: inMs(-MINUTE), failure: { since: inMs(-HOUR), givenUp: true } },
      same,
    );
    expect(await heal()).toEqual([same]);
    expect((await debtAt(TAGS, 'delta', same)).failure).toMatchObject({ givenUp: false, failures: 1 });
    expect(await heal()).toEqual([]);
  });

  test('an integration whose own timer is as soon is not woken', async () => {
    const same = `${integration}-a`;
    await debt({ ...failing(10_000), dueAt: inMs(30_000) }, same);
    expect(await heal()).toEqual([]);
    expect(await dueIn(TAGS, 'delta', same)).toBeGreaterThan(20_000);
  });

  test('(I27) a few hundred of many are woken at once, and each of them wakes more', async () => {
    const ids = Array.from({ length: 230 }, (_, index) => `${integration}-${String(index).padStart(3, '0')}`);
    for (const id of ids) await debt(failing(10 * MINUTE), id);
    const first = await heal();
    expect(first).toHaveLength(200);
    const second = await heal(first[0]);
    expect([...first, ...second].toSorted()).toEqual(ids);
  });
});

describe('a timer', () => {
  const next = (except: string[] = []) => nextRetryMs(store, integration, { settings: ALL_MODELS, except });

  test('waits for the first try of failing reads, not for those that do not fail, are given up or not offered', async () => {
    expect(await next()).toBeNull();
    await debt({ endpoint: JOBS, dueAt: inMs(1_000) });
    await debt({ dueAt: inMs(2_000), failure: { givenUp: true } });
    await debt({
      kind: 'full',
      dueAt: inMs(3_000),
      failure: { errorClass: 'EndpointDisabled', givenUp: true },
    });
    expect(await next()).toBeNull();
    await debt({ endpoint: '/ats/users', dueAt: inMs(90_000), failure: {} });
    await debt({ endpoint: '/ats/offers', dueAt: inMs(30_000), failure: { needsAttention: true } });
    const ms = await next();
    expect(ms).toBeGreaterThan(25_000);
    expect(ms).toBeLessThanOrEqual(30_000);
    const rest = await next(['delta /ats/offers']);
    expect(rest).toBeGreaterThan(85_000);
    expect(await next(['delta /ats/offers', 'full /ats/users'])).toEqual(expect.any(Number));
    expect(await next(['delta /ats/offers', 'delta /ats/users'])).toBeNull();
  });

  test('(I27) waits for a read that a webhook has hastened, even if it was given up or not offered', async () => {
    const tries = [
      { endpoint: JOBS, kind: 'delta' as const, failure: { givenUp: true } },
      {
        endpoint: TAGS,
        kind: 'full' as const,
        failure: { errorClass: 'EndpointDisabled', givenUp: true } as const,
      },
    ];
    for (const one of tries) {
      await debt({ ...one, dueAt: inMs(HOUR) });
      expect(await next()).toBeNull();
      await hastenTries(store, integration, [{ ...one, at: inMs(30_000) }]);
      const ms = await next();
      expect(ms).toBeGreaterThan(25_000);
      expect(ms).toBeLessThanOrEqual(30_000);
      await store.pool.query('delete from kombo_sync.debts');
    }
  });

  test('hastening never delays a try, and does not touch a read that does not fail', async () => {
    await debt({ dueAt: inMs(10_000), failure: {} });
    await debt({ kind: 'full', dueAt: inMs(HOUR) });
    await hastenTries(store, integration, [
      { endpoint: TAGS, kind: 'delta', at: inMs(30_000) },
      { endpoint: TAGS, kind: 'full', at: inMs(30_000) },
    ]);
    expect(await dueIn()).toBeLessThanOrEqual(10_000);
    expect(await dueIn(TAGS, 'full')).toBeGreaterThan(30_000);
  });

  test('returns zero for a read that is due already', async () => {
    await debt({ dueAt: inMs(-HOUR), failure: {} });
    expect(await next()).toBe(0);
  });

  test('ignores a read that was due when a sync decided about it', async () => {
    await debt({ dueAt: inMs(-HOUR), failure: {} });
    const decided = await databaseTime(store);
    expect(await nextRetryMs(store, integration, { settings: ALL_MODELS, after: decided })).toBeNull();
    await debt({ endpoint: JOBS, dueAt: inMs(30_000), failure: {} });
    expect(await nextRetryMs(store, integration, { settings: ALL_MODELS, after: decided })).toBeGreaterThan(
      25_000,
    );
    await debt({ endpoint: '/ats/users', dueAt: new Date(decided.getTime() + 1), failure: {} });
    expect(
      await nextRetryMs(store, integration, { settings: ALL_MODELS, after: decided }),
    ).toBeLessThanOrEqual(1);
  });

  test('ignores other integrations', async () => {
    await debt({ dueAt: inMs(-HOUR), failure: {} }, `${integration}-other`);
    expect(await next()).toBeNull();
  });

  test("(I10) ignores an endpoint that is not offered, by the tool's refusal or by Kombo's list", async () => {
    await debt({ dueAt: inMs(-HOUR), failure: {} });
    await debt({
      kind: 'full',
      dueAt: inMs(20 * HOUR),
      failure: { errorClass: 'EndpointDisabled', givenUp: true },
    });
    expect(await next()).toBeNull();
    await debt({ endpoint: JOBS, dueAt: inMs(-HOUR), failure: {} });
    expect(await next()).toBe(0);
    const unavailableModels = ['ats_jobs'];
    await saveIntegration(store, { id: integration, tool: 'demo', category: 'ATS', unavailableModels });
    expect(await next()).toBeNull();
  });

  test('waits for an unknown endpoint only while EXTRA_ENDPOINTS names it', async () => {
    const path = '/ats/application-stages';
    await debt({ endpoint: path, dueAt: inMs(-HOUR), failure: {} });
    expect(await next()).toBeNull();
    expect(
      await nextRetryMs(store, integration, { settings: { ...ALL_MODELS, EXTRA_ENDPOINTS: [path] } }),
    ).toBe(0);
  });

  test('waits for a look-up of a parked integration, but not of a paused or removed one', async () => {
    await debt({ endpoint: LOOK_UP, kind: 'look-up', dueAt: inMs(-HOUR), failure: {} });
    expect(await next()).toBe(0);
    await park(store, integration, { code: 'INVALID', message: 'm', needsAttention: true, retryInMs: null });
    expect(await next()).toBe(0);
    await pause(store, integration, 'audit');
    expect(await next()).toBeNull();
    await remove(store, integration, { code: 'Deleted', message: 'm', at: new Date() });
    expect(await next()).toBeNull();
  });

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['paused', (id) => pause(store, id, 'audit')],
    [
      'parked',
      (id) => park(store, id, { code: 'INVALID', message: 'm', needsAttention: true, retryInMs: null }),
    ],
    ['removed', (id) => remove(store, id, { code: 'Deleted', message: 'm', at: new Date() })],
  ])('ignores an integration that is %s, because it is not read', async (_status, change) => {
    await debt({ dueAt: inMs(-HOUR), failure: {} });
    expect(await next()).toBe(0);
    await change(integration);
    expect(await next()).toBeNull();
  });
});

test('reads that waited for a webhook of the integration are due with it, but not before RETRY_INTERVAL after their last try', async () => {
  await debt(failing(10 * MINUTE, 'IntegrationParked'));
  await debt({ endpoint: JOBS, ...failing(20_000, 'IntegrationGone') });
  await debt({ endpoint: '/ats/users', ...failing(10 * MINUTE) });
  await debt(failing(10 * MINUTE, 'IntegrationParked'), `${integration}-other`);
  await makeDue(store, integration, ['IntegrationParked', 'IntegrationGone'], MINUTE);
  expect(await dueIn()).toBeLessThanOrEqual(0);
  expect(await dueIn(JOBS)).toBeGreaterThan(30_000);
  expect(await dueIn(JOBS)).toBeLessThanOrEqual(40_000);
  expect(await dueIn('/ats/users')).toBeGreaterThan(4 * HOUR);
  expect(await dueIn(TAGS, 'delta', `${integration}-other`)).toBeGreaterThan(4 * HOUR);
});

test('an integration counts as refused if each endpoint that it offers is, by any kind of read', async () => {
  const refused = () => refusedEverywhere(store, integration, [TAGS, JOBS]);
  expect(await refused()).toBe(false);
  await debt(failing(MINUTE, 'IntegrationParked'));
  await debt({ endpoint: JOBS, kind: 'full', ...failing(MINUTE) });
  expect(await refused()).toBe(false);
  await debt({ endpoint: JOBS, ...failing(MINUTE, 'IntegrationParked') });
  expect(await refused()).toBe(true);
  expect(await refusedEverywhere(store, integration, [])).toBe(false);
});
