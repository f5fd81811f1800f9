import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { owe } from '../../src/store/state/debts.ts';
import { endPass, restartPass } from '../../src/store/state/pass-life.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import {
  ask,
  getPass,
  historyAt,
  makePage,
  open,
  PLAIN,
  readPass,
  readRow,
  readWatermark,
  sweep,
} from './support.ts';

const TAGS = '/ats/tags';

const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const begin = (kind: 'delta' | 'full' = 'full', syncId?: string) =>
  open(store, integration, TAGS, kind, syncId === undefined ? {} : { syncId });
const owed = async () => Object.keys((await historyAt(store, integration, TAGS)).debts);
const oweFull = (since?: Date) => owe(store, integration, [{ endpoint: TAGS, kind: 'full' }], since);

async function commit(pass: Pass, ids: string[], next: string | null): Promise<Pass> {
  const page = makePage(
    TAGS,
    ids.map((id) => ({ id })),
    { next, asked: await ask(store) },
  );
  return (await commitPage(store, pass, page, PLAIN)).pass;
}

const fail = (pass: Pass, resumable = true) =>
  endPass(store, pass.id, { state: 'failed', code: 'Unavailable', message: 'Kombo is away.', resumable });

/** A full pass that read `a` and `b` and failed before its second page. */
async function failed(): Promise<Pass> {
  const pass = await commit(await begin(), ['a', 'b'], 'page 2');
  await fail(pass);
  return pass;
}

test('(I8) a pass begins by the clock of the database, not by that of the worker', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2020-01-01T00:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
  const pass = await begin();
  vi.useRealTimers();
  for (const moment of [pass.started_at, pass.watermark_at]) {
    expect(Math.abs(moment.getTime() - Date.now())).toBeLessThan(60_000);
  }
});

describe('(I9) a failed full pass is resumed', () => {
  test('at its cursor, with its counts, its start and its listing', async () => {
    const before = await failed();
    const pass = await begin();
    expect(pass).toMatchObject({
      kind: 'full',
      state: 'running',
      cursor: 'page 2',
      pages: 1,
      created: 2,
      started_at: before.started_at,
      watermark_at: before.watermark_at,
    });
    expect(pass.id).not.toBe(before.id);
    expect(await getPass(store, before.id)).toMatchObject({ state: 'failed', cursor: null, pages: 1 });
    await commit(pass, ['c'], null);
    expect(await readWatermark(store, integration, TAGS)).toEqual(before.started_at);
  });

  test('(I15) and its sweep knows what was listed before the failure', async () => {
    await readPass(store, integration, TAGS, 'full', [
      [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'gone' }],
    ]);
    await failed();
    const asked: string[] = [];
    await sweep(store, await commit(await begin(), ['c'], null), (ids) => {
      asked.push(...ids);
      return [];
    });
    expect(asked).toEqual(['gone']);
    expect(await readRow(store, integration, 'ats_tags', 'gone')).toMatchObject({
      deleted_at: expect.any(Date) as Date,
    });
    expect(await readRow(store, integration, 'ats_tags', 'a')).toMatchObject({ deleted_at: null });
  });

  test('as often as it fails', async () => {
    const first = await failed();
    const second = await commit(await begin(), ['c'], 'page 3');
    await fail(second);
    expect(await begin()).toMatchObject({ cursor: 'page 3', pages: 2, started_at: first.started_at });
  });

  test('by only one sync, and by a retry of that one', async () => {
    await failed();
    const [one, other] = await Promise.all([
      begin('full', `${integration}/x`),
      begin('full', `${integration}/y`),
    ]);
    expect([one.cursor, other.cursor].filter((cursor) => cursor !== null)).toEqual(['page 2']);
    expect(await begin('full', `${integration}/x`)).toEqual(one);
  });

  test('(I25) but not by a delta, which reads changes since its start and does not wait for it', async () => {
    const { started_at: start } = await failed();
    const delta = await begin('delta');
    expect(delta).toMatchObject({ kind: 'delta', cursor: null, pages: 0, updated_after: start });
    // The full pass reads what changed before its start.
    expect(delta.moves_watermark).toBe(false);
    expect((await begin()).cursor).toBe('page 2');
  });

  test('(I6) and a delta is owed then, because a change may be on a page that was read already', async () => {
    const { started_at } = await failed();
    await oweFull(started_at);
    const { pass, paid } = await commitPage(store, await begin(), makePage(TAGS, []), PLAIN);
    expect(paid).toMatchObject({ owes: true });
    expect(await owed()).toEqual(['delta', 'sweep']);
    const delta = await commitPage(store, await begin('delta'), makePage(TAGS, []), PLAIN);
    expect(delta).toMatchObject({ paid: { owes: false }, pass: { updated_after: pass.started_at } });
    expect(await owed()).toEqual(['sweep']);
  });

  test('even if it had restarted at its first page, with all its restarts left', async () => {
    const first = await commit(await begin(), ['a'], 'page 2');
    await fail(await commit(await restartPass(store, first), ['a'], 'page 2'));
    let pass = await begin();
    expect(pass).toMatchObject({ cursor: 'page 2', restarts: 0, pages: 2 });
    // A cursor from before the restart does not count as repeated, one from after it does.
    await expect(commit(pass, ['b'], 'page 2')).rejects.toMatchObject({ errorClass: 'CursorRepeated' });
    pass = await commit(await restartPass(store, pass), ['a'], 'page 2');
    await commit(pass, ['b', 'c'], null);
    expect(await getPass(store, pass.id)).toMatchObject({ state: 'completed', restarts: 1, pages: 4 });
  });
});

describe('it begins again', () => {
  test('if it cannot be resumed', async () => {
    const pass = await commit(await begin(), ['a'], 'page 2');
    await fail(pass, false);
    expect(await begin()).toMatchObject({ cursor: null, pages: 0 });
    const { rowCount } = await store.pool.query('select from kombo_sync.pass_pages where pass_id = $1', [
      pass.id,
    ]);
    expect(rowCount).toBe(0);
  });

  test('if no page was read', async () => {
    const pass = await begin();
    await fail(pass);
    expect((await begin()).started_at.getTime()).toBeGreaterThan(pass.started_at.getTime());
  });

  test('after a day', async () => {
    const { id } = await failed();
    await store.pool.query(
      `update kombo_sync.passes set finished_at = now() - interval '25 hours' where id = $1`,
      [id],
    );
    expect(await begin()).toMatchObject({ cursor: null, pages: 0 });
  });

  test('if a newer full pass has begun since', async () => {
    await failed();
    await commit(await begin(), ['c'], null);
    expect(await begin()).toMatchObject({ cursor: null, pages: 0 });
  });

  test('if a full read is owed that must begin later', async () => {
    await failed();
    await oweFull();
    expect(await begin()).toMatchObject({ cursor: null, pages: 0 });
  });

  test('for another window, endpoint or integration', async () => {
    await failed();
    const since = await open(store, integration, TAGS, 'full', { since: '2026-01-01' });
    expect(since.cursor).toBeNull();
    expect((await open(store, integration, '/ats/jobs', 'full')).cursor).toBeNull();
    expect((await open(store, `${integration}-other`, TAGS, 'full')).cursor).toBeNull();
    expect((await begin()).cursor).toBe('page 2');
  });
});

test('a sync has one pass of each kind for an endpoint', async () => {
  const syncId = `${integration}/both`;
  const [full, delta] = [await begin('full', syncId), await begin('delta', syncId)];
  expect(delta.id).not.toBe(full.id);
  expect([(await begin('full', syncId)).id, (await begin('delta', syncId)).id]).toEqual([full.id, delta.id]);
});
