import { beforeEach, describe, expect, test } from 'vitest';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { owe } from '../../src/store/state/debts.ts';
import { endPass, restartPass } from '../../src/store/state/pass-life.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { createTestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import {
  PLAIN,
  feed,
  getPass,
  historyAt,
  makePage,
  open,
  readPass,
  readRow,
  readWatermark,
} from './support.ts';

const TAGS = '/ats/tags';
const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const commit = async (pass: Pass, records: Record<string, unknown>[], next: string | null, more = {}) =>
  (await commitPage(store, pass, makePage(TAGS, records, { next, ...more }), PLAIN)).pass;
const watermark = () => readWatermark(store, integration, TAGS);

describe('a page and its cursor are one transaction (I7)', () => {
  test('of two attempts with the same page only one writes, and the other gets PassLost', async () => {
    const pass = await open(store, integration, TAGS, 'full');
    const attempts = await Promise.allSettled([
      commit(pass, [{ id: 'a', name: 'one' }], 'p2'),
      commit(pass, [{ id: 'a', name: 'two' }], 'p2'),
    ]);
    expect(attempts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = attempts.find((attempt) => attempt.status === 'rejected');
    expect(lost?.reason).toMatchObject({ errorClass: 'PassLost' });
    expect(await getPass(store, pass.id)).toMatchObject({ pages: 1, version: 1, created: 1, cursor: 'p2' });
    expect(await feed(store, integration)).toEqual(['created a']);
  });

  test('an attempt that lost its pass writes nothing', async () => {
    const pass = await open(store, integration, TAGS, 'full');
    await commit(pass, [{ id: 'a' }], 'p2');
    await expect(commit(pass, [{ id: 'late' }], 'p2')).rejects.toMatchObject({ errorClass: 'PassLost' });
    expect(await readRow(store, integration, 'ats_tags', 'late')).toBeUndefined();
  });

  test('an attempt whose pass has failed or was restarted writes nothing', async () => {
    const failed = await open(store, integration, TAGS, 'full');
    await endPass(store, failed.id, { state: 'failed', code: 'C', message: 'm', resumable: false });
    await expect(commit(failed, [{ id: 'late' }], null)).rejects.toMatchObject({ errorClass: 'PassLost' });
    const restarted = await open(store, integration, TAGS, 'full');
    await restartPass(store, restarted);
    await expect(commit(restarted, [{ id: 'late' }], null)).rejects.toMatchObject({ errorClass: 'PassLost' });
    expect(await feed(store, integration)).toEqual([]);
  });

  test('a sync that opens its pass again continues at its cursor (I9)', async () => {
    const pass = await open(store, integration, TAGS, 'full', { syncId: `${integration}/once` });
    await commit(pass, [{ id: 'a' }], 'p2');
    const again = await open(store, integration, TAGS, 'full', { syncId: `${integration}/once` });
    expect(again).toMatchObject({ id: pass.id, cursor: 'p2', pages: 1, started_at: pass.started_at });
  });

  test('eight readers that begin the same pass at once get one pass', async () => {
    const passes = await Promise.all(
      Array.from({ length: 8 }, () =>
        open(store, integration, TAGS, 'full', { syncId: `${integration}/once` }),
      ),
    );
    expect(new Set(passes.map(({ id }) => id)).size).toBe(1);
  });

  test('a repeated cursor ends the pass with an error; after a restart, cursors may repeat', async () => {
    let pass = await open(store, integration, TAGS, 'full');
    pass = await commit(pass, [{ id: 'a' }], 'p2');
    pass = await commit(pass, [{ id: 'b' }], 'p3');
    await expect(commit(pass, [{ id: 'c' }], 'p2')).rejects.toMatchObject({ errorClass: 'CursorRepeated' });
    expect(await readRow(store, integration, 'ats_tags', 'c')).toBeUndefined();
    pass = await restartPass(store, pass);
    expect(pass).toMatchObject({ cursor: null, restarts: 1, updated_after: null });
    pass = await commit(pass, [{ id: 'a' }], 'p2');
    expect(await commit(pass, [{ id: 'b' }], null)).toMatchObject({ state: 'completed', pages: 4 });
  });
});

describe('watermarks are derived from completed passes (I8)', () => {
  test('only a completed pass moves the watermark, even if it is empty', async () => {
    const first = await readPass(store, integration, TAGS, 'full', [[{ id: 'a' }]]);
    expect(await watermark()).toEqual(first.started_at);
    const unfinished = await open(store, integration, TAGS, 'delta');
    await commit(unfinished, [], 'p2');
    expect(await watermark()).toEqual(first.started_at);
    await endPass(store, unfinished.id, { state: 'failed', code: 'C', message: 'm', resumable: false });
    expect(await watermark()).toEqual(first.started_at);
    const empty = await readPass(store, integration, TAGS, 'delta', [[]]);
    expect(await watermark()).toEqual(empty.started_at);
  });

  test('the watermark is the start of the newest pass, in any order of their ends', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    const slow = await open(store, integration, TAGS, 'full');
    const quick = await readPass(store, integration, TAGS, 'delta', [[]]);
    await commit(slow, [], null);
    expect(await watermark()).toEqual(quick.started_at);
  });

  test('each endpoint of each integration has its own watermark', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    expect(await readWatermark(store, integration, '/ats/jobs')).toBeNull();
    expect(await readWatermark(store, `${integration}-other`, TAGS)).toBeNull();
  });

  test('a delta reads from the watermark minus the overlap; the first one reads everything', async () => {
    const first = await open(store, integration, TAGS, 'delta');
    expect(first).toMatchObject({ kind: 'delta', updated_after: null, moves_watermark: true });
    await commit(first, [], null);
    const second = await open(store, integration, TAGS, 'delta', { overlapMs: 60_000 });
    expect(second.updated_after).toEqual(new Date(first.started_at.getTime() - 60_000));
  });

  test('a clock of ours that is ahead is corrected on the first page only', async () => {
    const pass = await open(store, integration, TAGS, 'full');
    const moved = await commit(pass, [], 'p2', { clockCorrectionMs: -90_000 });
    await commit(moved, [], null, { clockCorrectionMs: -500_000 });
    expect(await watermark()).toEqual(new Date(pass.started_at.getTime() - 90_000));
  });

  test('a pass since a date moves the watermark only if it leaves no gap', async () => {
    const first = await readPass(store, integration, TAGS, 'full', [[]]);
    for (const offset of [3_600_000, -30_000]) {
      // The second one begins before the watermark, but within the overlap that a delta would read again.
      const since = new Date(first.started_at.getTime() + offset).toISOString();
      const gap = await open(store, integration, TAGS, 'full', { since, overlapMs: 60_000 });
      await commit(gap, [], null);
      expect(await watermark()).toEqual(first.started_at);
    }
    const before = '2026-01-01';
    const gapless = await open(store, integration, TAGS, 'full', { since: before });
    await commit(gapless, [], null);
    expect(await watermark()).toEqual(gapless.started_at);
  });
});

describe('what a completed pass settles', () => {
  const debts = async () => (await historyAt(store, integration, TAGS)).debts;
  const oweTags = (kind: 'delta' | 'full') => owe(store, integration, [{ endpoint: TAGS, kind }]);

  test('it pays what was owed before it began, and the endpoint counts as offered', async () => {
    await oweTags('full');
    const first = await readPass(store, integration, TAGS, 'delta', [[]]);
    expect(first).toMatchObject({ kind: 'delta', updated_after: null });
    expect(await debts()).not.toHaveProperty('full');
    await oweTags('full');
    await readPass(store, integration, TAGS, 'delta', [[]]);
    expect(await debts()).toMatchObject({ full: { failure: null } });
    await insertDebt(store, integration, {
      endpoint: TAGS,
      kind: 'delta',
      failure: { errorClass: 'EndpointDisabled', code: 'MODEL_NOT_AVAILABLE', givenUp: true },
    });
    await readPass(store, integration, TAGS, 'delta', [[]]);
    expect(await debts()).not.toHaveProperty('delta');
  });

  test('a read that was asked for while it ran stays owed', async () => {
    const pass = await open(store, integration, TAGS, 'delta');
    await oweTags('delta');
    await commit(pass, [], null);
    expect(await debts()).toMatchObject({ delta: { dueAt: null } });
  });

  test('a first delta has listed everything, so it is swept like a full pass', async () => {
    const first = await readPass(store, integration, TAGS, 'delta', [[{ id: 'a' }]]);
    expect(first).toMatchObject({ sweep_state: 'due' });
    expect(await debts()).toMatchObject({ sweep: { since: first.started_at } });
  });
});
