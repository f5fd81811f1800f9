import { beforeEach, describe, expect, test } from 'vitest';
import { LOOK_UP, type DebtKind, type PassKind } from '../../src/domain/reads.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { payLookUp, owe, type Owed } from '../../src/store/state/debts.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { createTestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { databaseTime, historyAt, makePage, open, PLAIN, readPass, sweep } from './support.ts';

const TAGS = '/ats/tags';

const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const debts = async () => (await historyAt(store, integration, TAGS)).debts;
const owed = async () => Object.keys(await debts()).sort();
const soon = (ms = 60_000) => new Date(Date.now() + ms);
const oweTags = (kind: DebtKind, dueAt?: Date | null, since?: Date) =>
  owe(
    store,
    integration,
    [dueAt === undefined ? { endpoint: TAGS, kind } : { endpoint: TAGS, kind, dueAt }],
    since,
  );
const begin = (kind: PassKind, more: { since?: string; overlapMs?: number } = {}) =>
  open(store, integration, TAGS, kind, more);
const finish = async (pass: Pass) => (await commitPage(store, pass, makePage(TAGS, []), PLAIN)).paid!;
const failing = (kind: DebtKind, more: Partial<Parameters<typeof insertDebt>[2]> = {}) =>
  insertDebt(store, integration, { endpoint: TAGS, kind, dueAt: soon(), failure: {}, ...more });

describe('a debt', () => {
  test('(I6) exists from the moment the read is asked for, by the clock of the database', async () => {
    const before = await databaseTime(store);
    await oweTags('delta');
    const { delta } = await debts();
    expect(delta).toEqual({
      since: expect.any(Date) as Date,
      askedSeq: expect.any(Number) as number,
      dueAt: null,
      failure: null,
    });
    expect(delta!.since.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(delta!.since.getTime()).toBeLessThanOrEqual((await databaseTime(store)).getTime());
  });

  test('(I25) of one kind of read does not replace that of another', async () => {
    const kinds = ['delta', 'full', 'sweep'] as const;
    for (const kind of [...kinds, ...kinds]) await oweTags(kind);
    expect(await owed()).toEqual([...kinds]);
  });

  test('(I6) that is asked for again counts as asked for now, but the copy is as old as the first request', async () => {
    await oweTags('delta');
    const { delta: first } = await debts();
    await oweTags('delta');
    const { delta } = await debts();
    expect(delta!.since).toEqual(first!.since);
    expect(delta!.askedSeq).toBeGreaterThan(first!.askedSeq);
  });

  test('is due at the earliest time that was given, and at once if one gave none', async () => {
    const [early, late] = [soon(1_000), soon(9_000)];
    for (const dueAt of [late, early, late]) await oweTags('full', dueAt);
    expect((await debts()).full?.dueAt).toEqual(early);
    await oweTags('full');
    expect((await debts()).full?.dueAt).toBeNull();
    await oweTags('full', late);
    expect((await debts()).full?.dueAt).toBeNull();
  });

  test('keeps its pause while it fails, for every kind of read', async () => {
    const dueAt = soon();
    await failing('delta', { dueAt });
    await oweTags('delta');
    await oweTags('delta', soon(1_000));
    expect((await debts()).delta).toMatchObject({ dueAt, failure: { failures: 1 } });
  });

  test('can be written for many endpoints in one statement, by many writers at once', async () => {
    const many = Array.from({ length: 30 }, (_, index): Owed => ({ endpoint: `/x/${index}`, kind: 'delta' }));
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => owe(store, integration, index % 2 ? many : many.toReversed())),
    );
    const { rowCount } = await store.pool.query('select from kombo_sync.debts where integration_id = $1', [
      integration,
    ]);
    expect(rowCount).toBe(30);
  });

  test('for a look-up is paid when Kombo answers, unless it was asked for later', async () => {
    const look = async () => (await historyAt(store, integration, LOOK_UP)).debts['look-up'];
    const asked = await drawObservation(store);
    await owe(store, integration, [{ endpoint: LOOK_UP, kind: 'look-up' }]);
    await payLookUp(store, integration, asked);
    expect(await look()).toBeDefined();
    await payLookUp(store, integration, await drawObservation(store));
    expect(await look()).toBeUndefined();
  });
});

describe('a pass pays', () => {
  beforeEach(async () => {
    await sweep(store, await readPass(store, integration, TAGS, 'full', [[]]));
  });

  test('(I6) a delta with a delta, but not a full read', async () => {
    await oweTags('delta');
    await oweTags('full');
    expect(await finish(await begin('delta'))).toMatchObject({ owes: true });
    expect(await owed()).toEqual(['full']);
  });

  test('(I6) both with a full pass, which then owes the sweep of its listing', async () => {
    await oweTags('delta');
    await oweTags('full');
    const pass = await begin('full');
    expect(await finish(pass)).toEqual({ owes: false, recoveredSince: null });
    expect(await debts()).toEqual({
      sweep: { since: pass.started_at, askedSeq: pass.started_seq, dueAt: null, failure: null },
    });
  });

  test('(I15) the sweep of its own listing, but not of a newer one', async () => {
    const [older, newer] = [await begin('full'), await begin('full')];
    await finish(newer);
    const { pass } = await commitPage(store, older, makePage(TAGS, []), PLAIN);
    await sweep(store, pass);
    expect(await debts()).toMatchObject({ sweep: { since: newer.started_at } });
  });

  test('(I6) what was owed when it began; a debt asked for later stays and is due', async () => {
    for (const kind of ['delta', 'full'] as const) {
      const pass = await begin(kind);
      await oweTags('delta');
      expect(await finish(pass)).toMatchObject({ owes: true });
      expect(await owed()).toContain('delta');
    }
    const other = await begin('full');
    await oweTags('full');
    await finish(other);
    expect(await owed()).toEqual(['full', 'sweep']);
  });

  test('and reports a remaining debt only if it is due', async () => {
    const pass = await begin('full');
    await oweTags('full', soon());
    expect(await finish(pass)).toMatchObject({ owes: false });
    expect(await owed()).toContain('full');
  });

  test('(I25) the delta that is owed beside a full pass, which then leaves only a sweep', async () => {
    await oweTags('full');
    const full = await begin('full');
    await oweTags('delta');
    await finish(await begin('delta'));
    expect(await owed()).toEqual(['full']);
    expect(await finish(full)).toMatchObject({ owes: false });
    expect(await owed()).toEqual(['sweep']);
  });

  test('(I6) nothing if it reads only changes since a date and leaves a gap', async () => {
    await oweTags('delta');
    await oweTags('full');
    const gap = await begin('full', { since: (await databaseTime(store)).toISOString() });
    expect(gap.moves_watermark).toBe(false);
    await finish(gap);
    expect(await owed()).toEqual(['delta', 'full']);
    await finish(await begin('full', { since: '2026-01-01' }));
    expect(await owed()).toEqual(['full']);
  });
});

describe('a completed pass ends failures', () => {
  beforeEach(async () => {
    await sweep(store, await readPass(store, integration, TAGS, 'full', [[]]));
  });

  const OUTAGE = new Date('2026-03-01T12:00:00Z');

  test('(I10) of the debts that it pays, and reports since when they had failed', async () => {
    await failing('delta', { failure: { since: OUTAGE } });
    await failing('full', { failure: { since: new Date(OUTAGE.getTime() + 1_000) } });
    expect(await finish(await begin('full'))).toEqual({ owes: true, recoveredSince: OUTAGE });
    expect(await owed()).toEqual(['sweep']);
  });

  test('(I25) of no other kind: after a delta, a failing full pass keeps its pause', async () => {
    const dueAt = soon();
    await failing('full', { dueAt });
    expect(await finish(await begin('delta'))).toEqual({ owes: false, recoveredSince: null });
    expect((await debts()).full).toMatchObject({ dueAt, failure: { failures: 1 } });
  });

  test('(I6) of a read asked for while it ran, which stays owed but no longer waits', async () => {
    const pass = await begin('delta');
    await failing('delta', { since: soon(), failure: { since: OUTAGE } });
    expect(await finish(pass)).toEqual({ owes: true, recoveredSince: OUTAGE });
    expect((await debts()).delta).toMatchObject({ dueAt: null, failure: null });
  });

  test('of an endpoint that was not offered, by any kind of read', async () => {
    await failing('full', { failure: { errorClass: 'EndpointDisabled', givenUp: true } });
    await finish(await begin('delta'));
    expect((await debts()).full).toMatchObject({ dueAt: null, failure: null });
  });

  test('(I10) but not of a sweep, which only an answer to a sweep ends', async () => {
    await failing('sweep', { failure: { since: OUTAGE, failures: 3, givenUp: true } });
    const pass = await begin('full');
    await finish(pass);
    const { sweep: owedSweep } = await debts();
    expect(owedSweep).toMatchObject({
      askedSeq: pass.started_seq,
      failure: { since: OUTAGE, failures: 3, givenUp: false },
    });
    // The run that listed sweeps it. Another run does so soon if that one is lost.
    const now = await databaseTime(store);
    expect(owedSweep!.dueAt!.getTime()).toBeGreaterThan(now.getTime() + 30_000);
    expect(owedSweep!.dueAt!.getTime()).toBeLessThanOrEqual(now.getTime() + 60_000);
  });

  test('of a sweep that was refused as not offered, once the endpoint is listed', async () => {
    await failing('sweep', { failure: { errorClass: 'EndpointDisabled', givenUp: true } });
    await finish(await begin('full'));
    expect((await debts()).sweep).toMatchObject({ dueAt: null, failure: null });
  });

  test.each([
    ['RequestRejected', false],
    ['EndpointDisabled', false],
    ['AccessDenied', true],
    ['TableLocked', true],
  ] as const)('the end of %s makes others due too: %j', async (errorClass, heals) => {
    await failing('delta', { failure: { errorClass, since: OUTAGE } });
    expect(await finish(await begin('delta'))).toMatchObject({ recoveredSince: heals ? OUTAGE : null });
  });

  test('(I6) together with its last page, or not at all', async () => {
    await failing('delta');
    const pass = await begin('delta');
    await expect(finish({ ...pass, version: 99 })).rejects.toMatchObject({ errorClass: 'PassLost' });
    expect((await debts()).delta).toMatchObject({ failure: { failures: 1 } });
  });
});
