import { beforeEach, describe, expect, test } from 'vitest';
import type { ErrorClass } from '../../src/domain/errors.ts';
import type { DebtKind } from '../../src/domain/reads.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { noteFailure, owe, payLookUp, type FailedRead } from '../../src/store/state/debts.ts';
import { LOOK_UP } from '../../src/domain/reads.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { databaseTime, historyAt, makePage, open, PLAIN, readPass } from './support.ts';

const TAGS = '/ats/tags';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OPTIONS = { firstMs: MINUTE, maxMs: 6 * HOUR, giveUpMs: 24 * HOUR };
const AWAY: FailedRead['error'] = {
  errorClass: 'Unavailable',
  code: 'REMOTE.SERVICE_UNAVAILABLE',
  message: 'Kombo is away.',
};

const store = await createTestStore();
let integration: string;
let tries = 0;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const debts = async () => (await historyAt(store, integration, TAGS)).debts;
const fail = (kind: DebtKind, more: Partial<FailedRead> = {}) =>
  noteFailure(
    store,
    { integrationId: integration, endpoint: TAGS, kind, tryId: `try ${++tries}`, error: AWAY, ...more },
    OPTIONS,
  );
const error = (errorClass: ErrorClass) => ({ ...AWAY, errorClass });
/** Moves the begin of the outage into the past. */
const age = (ms: number) =>
  store.pool.query(
    `update kombo_sync.debts set failing_since = failing_since - $2 * interval '1 millisecond' where integration_id = $1`,
    [integration, ms],
  );
const pauseOf = async (kind: DebtKind) => {
  const { dueAt, failure } = (await debts())[kind]!;
  return dueAt!.getTime() - failure!.triedAt.getTime();
};

describe('a failed read', () => {
  test('(I10) is owed, and has its reason, its count and its begin', async () => {
    const before = await databaseTime(store);
    expect(await fail('delta')).toMatchObject({
      failures: 1,
      first: true,
      needsAttention: false,
      givenUp: false,
    });
    const { delta } = await debts();
    expect(delta!.failure).toEqual({
      ...AWAY,
      failures: 1,
      since: expect.any(Date) as Date,
      triedAt: expect.any(Date) as Date,
      needsAttention: false,
      givenUp: false,
    });
    for (const moment of [delta!.since, delta!.failure!.since, delta!.failure!.triedAt]) {
      expect(moment.getTime()).toBeGreaterThanOrEqual(before.getTime());
      expect(moment.getTime()).toBeLessThanOrEqual((await databaseTime(store)).getTime());
    }
  });

  test('(I25) does not hide another kind of read of the endpoint, and each kind has its own count', async () => {
    await owe(store, integration, [{ endpoint: TAGS, kind: 'delta' }]);
    await fail('full');
    await fail('full');
    await fail('sweep');
    expect(await debts()).toMatchObject({
      delta: { dueAt: null, failure: null },
      full: { failure: { failures: 2 } },
      sweep: { failure: { failures: 1 } },
    });
  });

  test('counts once per try, even if it is recorded several times and concurrently', async () => {
    const tried = { tryId: 'run/1#3' };
    await fail('delta', tried);
    const first = await debts();
    const again = await Promise.all(Array.from({ length: 4 }, () => fail('delta', tried)));
    expect(again).toMatchObject(Array.from({ length: 4 }, () => ({ failures: 1, first: false })));
    expect(await debts()).toEqual(first);
    expect(await fail('delta', { tryId: 'run/1#4' })).toMatchObject({ failures: 2, first: false });
    const many = Array.from({ length: 6 }, (_, index) => fail('delta', { tryId: `many ${index}` }));
    await Promise.all(many);
    expect(await debts()).toMatchObject({ delta: { failure: { failures: 8 } } });
  });

  test('(I6) of a look-up is recorded only if no later look-up was answered', async () => {
    await saveIntegration(store, { id: integration, tool: 'bombohr', category: 'ATS' });
    const look = async () => (await historyAt(store, integration, LOOK_UP)).debts['look-up'];
    const failLook = (askedSeq: number) => fail('look-up', { endpoint: LOOK_UP, askedSeq });
    const early = await drawObservation(store);
    const answered = await drawObservation(store);
    const late = await drawObservation(store);
    await payLookUp(store, integration, answered);
    expect(await failLook(early)).toBeUndefined();
    expect(await look()).toBeUndefined();
    expect(await failLook(late)).toMatchObject({ failures: 1 });
    // A late answer to an earlier look-up does not pay it.
    await payLookUp(store, integration, early);
    expect(await look()).toMatchObject({ failure: { failures: 1 } });
    await payLookUp(store, integration, await drawObservation(store));
    expect(await look()).toBeUndefined();
  });

  test('has its newest reason, and the begin of the first failure', async () => {
    await fail('delta');
    const { delta: before } = await debts();
    await fail('delta', { error: { errorClass: 'TableLocked', code: 'PageBusy', message: 'busy' } });
    expect((await debts()).delta!.failure).toMatchObject({
      errorClass: 'TableLocked',
      code: 'PageBusy',
      message: 'busy',
      since: before!.failure!.since,
    });
  });

  test('(I6) is owed since the failed pass began, and keeps a later request', async () => {
    const pass = await open(store, integration, TAGS, 'full');
    await fail('full', { pass });
    expect((await debts()).full).toMatchObject({ since: pass.started_at, askedSeq: pass.started_seq });
    await owe(store, integration, [{ endpoint: TAGS, kind: 'full' }]);
    const { full } = await debts();
    expect(full).toMatchObject({ since: pass.started_at });
    expect(full!.askedSeq).toBeGreaterThan(pass.started_seq);
    await fail('full', { pass });
    expect((await debts()).full).toMatchObject({ askedSeq: full!.askedSeq });
  });

  test('(I6) is paid by the pass that resumes it, unless it was asked for later', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    for (const kind of ['delta', 'full'] as const) {
      const pass = await open(store, integration, TAGS, kind);
      await fail(kind, { pass });
      await commitPage(store, pass, makePage(TAGS, []), PLAIN);
      expect(await debts()).not.toHaveProperty(kind);
      const other = await open(store, integration, TAGS, kind);
      await owe(store, integration, [{ endpoint: TAGS, kind }]);
      await fail(kind, { pass: other });
      await commitPage(store, other, makePage(TAGS, []), PLAIN);
      expect(await debts()).toMatchObject({ [kind]: { dueAt: null, failure: null } });
    }
  });

  test('is not owed if a newer pass has read the same meanwhile', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    const [delta, full] = [
      await open(store, integration, TAGS, 'delta'),
      await open(store, integration, TAGS, 'full'),
    ];
    await readPass(store, integration, TAGS, 'delta', [[]]);
    expect(await fail('delta', { pass: delta })).toBeUndefined();
    expect(await debts()).not.toHaveProperty('delta');
    expect(await fail('full', { pass: full })).toMatchObject({ failures: 1 });
    await readPass(store, integration, TAGS, 'full', [[]]);
    expect(await fail('full', { pass: full })).toBeUndefined();
    expect(await fail('sweep', { pass: full })).toBeUndefined();
    expect(Object.keys(await debts())).toEqual(['sweep']);
  });

  test('(I6) is owed if the newer pass has left a gap', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    const delta = await open(store, integration, TAGS, 'delta');
    const since = (await databaseTime(store)).toISOString();
    const gap = await open(store, integration, TAGS, 'full', { since });
    await store.pool.query(`update kombo_sync.passes set state = 'completed' where id = $1`, [gap.id]);
    expect(await fail('delta', { pass: delta })).toMatchObject({ failures: 1 });
  });
});

describe('its pause', () => {
  test('(I27) is RETRY_INTERVAL first, then a tenth of the outage, up to RETRY_MAX_INTERVAL', async () => {
    for (const [outage, longest] of [
      [0, MINUTE],
      [5 * MINUTE, MINUTE],
      [2 * HOUR, 12 * MINUTE],
      [20 * HOUR, 2 * HOUR],
    ] as const) {
      await store.pool.query('delete from kombo_sync.debts where integration_id = $1', [integration]);
      await fail('delta');
      await age(outage);
      await fail('delta');
      const pause = await pauseOf('delta');
      // Spread over a fifth, so that many reads that failed together are not tried together.
      expect(pause).toBeLessThanOrEqual(longest + 1_000);
      expect(pause).toBeGreaterThanOrEqual(0.8 * longest - 1_000);
    }
  });

  test('(I10) ends after RETRY_GIVE_UP: the read is left to the catch-up and needs attention', async () => {
    await fail('delta');
    await age(24 * HOUR - MINUTE);
    expect(await fail('delta')).toMatchObject({ needsAttention: false, givenUp: false });
    await age(2 * MINUTE);
    const given = { needsAttention: true, givenUp: true };
    expect(await fail('delta')).toMatchObject({ ...given, newlyNeedsAttention: true });
    expect((await debts()).delta!.failure).toMatchObject(given);
    expect(await fail('delta')).toMatchObject({ ...given, newlyNeedsAttention: false });
  });

  test('is the same for an error that needs you, because it may be over', async () => {
    const noted = await fail('delta', { error: error('RequestRejected') });
    expect(noted).toMatchObject({ needsAttention: true, newlyNeedsAttention: true, givenUp: false });
    expect(await pauseOf('delta')).toBeLessThanOrEqual(MINUTE + 1_000);
  });

  test('(I27) is at most an hour while Kombo refuses the key, because every read fails then', async () => {
    await fail('delta', { error: error('AccessDenied') });
    await age(20 * HOUR);
    await fail('delta', { error: error('AccessDenied') });
    expect(await pauseOf('delta')).toBeLessThanOrEqual(HOUR);
  });
});

describe('an endpoint that is not offered', () => {
  const OFF = { errorClass: 'EndpointDisabled', code: 'INTEGRATION.MODEL_DISABLED', message: 'off' } as const;
  const DAY = 24 * HOUR;

  test('(I6) has not failed: it is owed, and asked about again after a day, by the next sync of any kind', async () => {
    const noted = await fail('delta', { error: OFF });
    expect(noted).toMatchObject({ needsAttention: false, givenUp: true });
    expect((await debts()).delta).toMatchObject({
      failure: { ...OFF, needsAttention: false, givenUp: true },
    });
    expect(Math.abs((await pauseOf('delta')) - DAY)).toBeLessThan(1_000);
    await owe(store, integration, [{ endpoint: TAGS, kind: 'delta' }]);
    expect(Math.abs((await pauseOf('delta')) - DAY)).toBeLessThan(1_000);
    await age(30 * DAY);
    expect(await fail('delta', { error: OFF })).toMatchObject({
      needsAttention: false,
      newlyNeedsAttention: false,
    });
    expect(Math.abs((await pauseOf('delta')) - DAY)).toBeLessThan(1_000);
  });

  test('(I10) begins to fail only when it is offered and does not answer', async () => {
    await fail('delta', { error: OFF });
    await age(30 * DAY);
    expect(await fail('delta')).toMatchObject({
      failures: 1,
      first: true,
      needsAttention: false,
      givenUp: false,
    });
    expect(await pauseOf('delta')).toBeLessThanOrEqual(MINUTE + 1_000);
    expect(Date.now() - (await debts()).delta!.failure!.since.getTime()).toBeLessThan(HOUR);
  });

  test('counts as not offered since the tool said so, not since it began to fail', async () => {
    await fail('delta');
    await age(3 * HOUR);
    await fail('delta', { error: OFF });
    const { since, failures } = (await debts()).delta!.failure!;
    expect(Date.now() - since.getTime()).toBeLessThan(HOUR);
    expect(failures).toBe(1);
  });
});
