import { beforeEach, describe, expect, test } from 'vitest';
import { commitPage } from '../../src/store/records/commit-page.ts';
import {
  cancelPasses,
  endPass,
  listLostPasses,
  pausePass,
  restartPass,
  touchPass,
} from '../../src/store/state/pass-life.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { databaseTime, getPass, makePage, open, PLAIN } from './support.ts';

const TAGS = '/ats/tags';

const store = await createTestStore();
let integration: string;

beforeEach(async () => {
  await store.pool.query('delete from kombo_sync.passes');
  integration = uniqueIntegrationId();
});

const begin = (kind: PassKind = 'full', syncId?: string) =>
  open(store, integration, TAGS, kind, syncId === undefined ? {} : { syncId });

async function commit(pass: Pass, ids: string[], next: string | null): Promise<Pass> {
  const page = makePage(
    TAGS,
    ids.map((id) => ({ id })),
    { next },
  );
  return (await commitPage(store, pass, page, PLAIN)).pass;
}

describe('an abandoned pass', () => {
  const abandon = async (pass: Pass) => {
    await endPass(store, pass.id, { state: 'abandoned', code: 'WorkerLost', message: 'm', resumable: true });
  };

  test('(I9) is opened again by its own sync, and continues at its cursor', async () => {
    const pass = await commit(await begin('full', `${integration}/own`), ['a'], 'page 2');
    await abandon(pass);
    const again = await begin('full', `${integration}/own`);
    expect(again).toMatchObject({
      id: pass.id,
      state: 'running',
      cursor: 'page 2',
      pages: 1,
      restarts: 0,
      error_code: null,
      error_message: null,
      finished_at: null,
    });
    await expect(commit(pass, ['late'], null)).rejects.toMatchObject({ errorClass: 'PassLost' });
    expect(await commit(again, ['b'], null)).toMatchObject({ state: 'completed', created: 2 });
  });

  test('(I9) starts again at its first page if another sync has resumed it', async () => {
    const pass = await commit(await begin('full', `${integration}/own`), ['a'], 'page 2');
    await abandon(pass);
    const other = await begin();
    expect(other.cursor).toBe('page 2');
    const again = await begin('full', `${integration}/own`);
    expect(again).toMatchObject({ id: pass.id, state: 'running', cursor: null, restarts: 1 });
    // A cursor from before the restart does not count as repeated.
    await commit(await commit(again, ['a'], 'page 2'), ['b'], null);
    await commit(other, ['b'], null);
  });

  test('(I9) does not count as restarted if it had read nothing', async () => {
    const pass = await begin('full', `${integration}/own`);
    await abandon(pass);
    expect(await begin('full', `${integration}/own`)).toMatchObject({ id: pass.id, restarts: 0 });
  });

  test('(I9) is resumed by the next sync, like a failed one', async () => {
    const pass = await commit(await begin(), ['a'], 'page 2');
    await abandon(pass);
    expect(await begin()).toMatchObject({ cursor: 'page 2', started_at: pass.started_at });
  });

  test('is one without a sign of life for ten minutes, once another one of its kind begins', async () => {
    const lost = await commit(await begin(), ['a'], 'page 2');
    const [delta, waiting] = [await begin('delta'), await begin('full')];
    await store.pool.query(
      `update kombo_sync.passes set active_at = now() - interval '11 minutes',
         waits_until = case when id = $2 then now() + interval '1 minute' end where integration_id = $1`,
      [integration, waiting.id],
    );
    const next = await begin();
    expect(await getPass(store, lost.id)).toMatchObject({ state: 'abandoned' });
    expect(await getPass(store, delta.id)).toMatchObject({ state: 'running' });
    expect(await getPass(store, waiting.id)).toMatchObject({ state: 'running' });
    expect(next.id).not.toBe(lost.id);
  });
});

describe('the end of a pass', () => {
  const END = { code: 'Unavailable', message: 'Kombo is away.', resumable: true } as const;

  test('has a reason, and happens once: an ended pass stays as it is', async () => {
    const pass = await commit(await begin(), ['a'], 'page 2');
    expect(await endPass(store, pass.id, { ...END, state: 'failed' })).toBe(true);
    const ended = (await getPass(store, pass.id))!;
    expect(ended).toMatchObject({
      state: 'failed',
      error_code: END.code,
      error_message: END.message,
      cursor: 'page 2',
    });
    expect(ended.finished_at).toBeInstanceOf(Date);
    expect(await endPass(store, pass.id, { ...END, state: 'skipped', code: 'X' })).toBe(false);
    expect(await getPass(store, pass.id)).toEqual(ended);
    const done = await commit(await begin('delta'), [], null);
    expect(await endPass(store, done.id, { ...END, state: 'failed' })).toBe(false);
    expect(await getPass(store, done.id)).toMatchObject({ state: 'completed', error_code: null });
  });

  test('(I7) takes the pass from the attempt that reads it', async () => {
    const pass = await begin();
    await endPass(store, pass.id, { ...END, state: 'failed' });
    await expect(commit(pass, ['late'], null)).rejects.toMatchObject({ errorClass: 'PassLost' });
    await expect(restartPass(store, pass)).rejects.toMatchObject({ errorClass: 'PassLost' });
  });

  test('deletes its pages if it cannot be resumed', async () => {
    const pages = async (pass: Pass) =>
      (await store.pool.query('select from kombo_sync.pass_pages where pass_id = $1', [pass.id])).rowCount;
    const [kept, gone] = [await commit(await begin(), ['a'], 'p2'), await commit(await begin(), ['a'], 'p2')];
    await endPass(store, kept.id, { ...END, state: 'failed' });
    await endPass(store, gone.id, { ...END, state: 'failed', resumable: false });
    expect([await pages(kept), await pages(gone)]).toEqual([1, 0]);
  });
});

test('(I22) cancelling syncs ends their passes, and returns all passes that they began', async () => {
  const syncs = ['one', 'two'].map((name) => `${integration}/${name}`);
  const failed = await begin('full', syncs[1]);
  await endPass(store, failed.id, { state: 'failed', code: 'X', message: 'm', resumable: true });
  const reading = await commit(await begin('full', syncs[0]), ['a'], 'page 2');
  const done = await commit(await begin('delta', syncs[0]), [], null);
  const other = await open(store, integration, '/ats/jobs', 'full');
  const cancelled = await cancelPasses(store, syncs);
  const told = (pass: Pass, isCompleted: boolean) => ({
    endpoint: TAGS,
    kind: pass.kind,
    startedAt: pass.started_at,
    isCompleted,
  });
  expect(cancelled).toHaveLength(3);
  expect(cancelled).toEqual(
    expect.arrayContaining([told(reading, false), told(done, true), told(failed, false)]),
  );
  expect(await getPass(store, reading.id)).toMatchObject({
    state: 'abandoned',
    error_code: 'Cancelled',
    cursor: 'page 2',
  });
  expect(await getPass(store, failed.id)).toMatchObject({ state: 'failed', error_code: 'X' });
  expect(await getPass(store, other.id)).toMatchObject({ state: 'running' });
  expect(await begin()).toMatchObject({ cursor: 'page 2' });
});

test.each([
  ['skipped', false],
  ['failed', false],
  ['completed', true],
] as const)(
  '(I22) a pass that ends as %s while its sync is cancelled counts as read only if it was',
  async (state, isCompleted) => {
    const pass = await begin('full', `${integration}/one`);
    const client = await store.pool.connect();
    await client.query('begin');
    await client.query('update kombo_sync.passes set state = $2 where id = $1', [pass.id, state]);
    const cancelling = cancelPasses(store, [`${integration}/one`]);
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await expect
      .poll(async () => {
        const waiting = 'select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))';
        return (await store.pool.query(waiting, [rows[0]!.pid])).rowCount;
      })
      .toBe(1);
    await client.query('commit');
    client.release();
    expect(await cancelling).toMatchObject([{ isCompleted }]);
  },
);

describe('a pass that shows no life', () => {
  const lost = async () => (await listLostPasses(store, 0, 1_000)).map(({ id }) => id);
  const sleepFor = async (pass: Pass, minutes: number) =>
    store.pool.query(
      `update kombo_sync.passes set active_at = clock_timestamp() - $2 * interval '1 minute' where id = $1`,
      [pass.id, minutes],
    );

  test('(I28) for two minutes is listed with the ids of its workflow, which may be lost', async () => {
    const [pass, young] = [await begin(), await begin('delta')];
    await sleepFor(pass, 2.1);
    await sleepFor(young, 1.9);
    expect(await listLostPasses(store, 0, 10)).toEqual([
      { id: pass.id, workflowId: `sync/${integration}`, runId: 'run' },
    ]);
    expect(await listLostPasses(store, 0, 0)).toEqual([]);
    expect(await listLostPasses(store, pass.id, 10)).toEqual([]);
    await touchPass(store, pass.id);
    expect(await lost()).toEqual([]);
  });

  test('is not one that waits, which shows why until its next page', async () => {
    const pass = await begin();
    const before = await databaseTime(store);
    await pausePass(store, pass.id, 300_000, { code: 'RateLimited', message: 'The limit is used up.' });
    await sleepFor(pass, 10);
    expect(await lost()).not.toContain(pass.id);
    const waiting = (await getPass(store, pass.id))!;
    expect(waiting).toMatchObject({ state: 'running', error_code: 'RateLimited' });
    const waits = waiting.waits_until!.getTime() - before.getTime();
    expect(waits).toBeGreaterThanOrEqual(300_000 - 1);
    expect(waits).toBeLessThan(330_000);
    expect(await commit(pass, ['a'], 'page 2')).toMatchObject({
      waits_until: null,
      error_code: null,
      error_message: null,
    });
  });

  test('is not one that has ended', async () => {
    const pass = await commit(await begin(), [], null);
    await sleepFor(pass, 60);
    await pausePass(store, pass.id, 1, { code: 'X', message: 'm' });
    expect(await lost()).not.toContain(pass.id);
    expect(await getPass(store, pass.id)).toMatchObject({ error_code: null });
  });
});
