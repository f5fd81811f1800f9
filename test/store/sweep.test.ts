import { beforeEach, describe, expect, test } from 'vitest';
import { listDrift } from '../../src/store/reports/history.ts';
import { endPass, restartPass } from '../../src/store/state/pass-life.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { unsweptPass, type Pass } from '../../src/store/state/passes.ts';
import { findCandidates, nextCandidates, settleCandidates } from '../../src/store/records/sweep.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import {
  PLAIN,
  ask,
  feed,
  getPass,
  historyAt,
  makePage,
  open,
  readPass,
  readRow,
  sweep,
  write,
  type Sent,
} from './support.ts';

const TAGS = '/ats/tags';
const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const full = (...pages: Sent[][]) => readPass(store, integration, TAGS, 'full', pages);
const row = (id: string) => readRow(store, integration, 'ats_tags', id);
const alive = async (id: string) => (await row(id))?.deleted_at === null;
const tags = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `t${index}` }));

describe('the candidates of a sweep', () => {
  const left = async (pass: Pass) => {
    const { rows } = await store.pool.query<{ left: number }>(
      `select coalesce(sum(cardinality(ids)), 0)::int as left from kombo_sync.sweep_candidates where pass_id = $1`,
      [pass.id],
    );
    return rows[0]!.left;
  };
  const settle = async (pass: Pass, asked: readonly string[]) =>
    settleCandidates(store, pass, { asked, returned: [], unreadable: [], ...(await ask(store)) }, PLAIN);

  test('are asked about in the order of their ids, a hundred at once or fewer, each once', async () => {
    await full(tags(250));
    const limits = { maxShare: 1, allowMassDeletion: false };
    const pass = await findCandidates(store, await full([{ id: 't0' }]), limits);
    expect(await left(pass)).toBe(249);
    const asked: string[] = [];
    for (const limit of [100, 30, 100, 100, 100]) {
      const next = await nextCandidates(store, pass, limit);
      expect(next.length).toBeLessThanOrEqual(limit);
      asked.push(...next);
      await settle(pass, next);
      expect(await left(pass)).toBe(249 - asked.length);
    }
    expect(asked).toEqual(
      tags(250)
        .map(({ id }) => id)
        .filter((id) => id !== 't0')
        .toSorted(),
    );
    expect(await nextCandidates(store, pass, 100)).toEqual([]);
  });

  test('are not written down when the sweep stops', async () => {
    await full(tags(250));
    const limits = { maxShare: 0.3, allowMassDeletion: false };
    const pass = await findCandidates(store, await full([{ id: 't0' }]), limits);
    expect(pass).toMatchObject({ sweep_state: 'stopped', sweep_candidates: 249 });
    expect(await left(pass)).toBe(0);
  });
});

describe('what a sweep deletes (I15)', () => {
  test('only records that a complete listing lacks and that Kombo does not return by id', async () => {
    await full([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    const pass = await full([{ id: 'a' }]);
    const asked: string[] = [];
    const swept = await sweep(store, pass, (ids) => {
      asked.push(...ids);
      return [{ id: 'b', name: 'still here' }];
    });
    expect(asked).toEqual(['b', 'c']);
    expect(swept).toMatchObject({
      sweep_state: 'done',
      sweep_candidates: 2,
      sweep_deleted: 1,
      deleted: 1,
      updated: 1,
    });
    expect(await row('b')).toMatchObject({ name: 'still here', deleted_at: null });
    expect(await row('c')).toMatchObject({ deleted_at: expect.any(Date), remote_deleted_at: null });
    expect(await feed(store, integration)).toEqual([
      'created a',
      'created b',
      'created c',
      'updated b',
      'deleted c',
    ]);
  });

  test('a tombstone in the answer deletes with its own time', async () => {
    await full([{ id: 'a' }]);
    const deletedAt = '2026-01-01T00:00:00.000Z';
    await sweep(store, await full([]), () => [{ id: 'a', remote_deleted_at: deletedAt }]);
    expect(await row('a')).toMatchObject({
      deleted_at: new Date(deletedAt),
      remote_deleted_at: new Date(deletedAt),
    });
  });

  test('nothing before the listing is complete or after a failed one', async () => {
    await full([{ id: 'a' }]);
    const half = await open(store, integration, TAGS, 'full');
    const { pass } = await commitPage(store, half, makePage(TAGS, [], { next: 'p2' }), PLAIN);
    await sweep(store, pass);
    await endPass(store, pass.id, { state: 'failed', code: 'C', message: 'm', resumable: false });
    await sweep(store, (await getPass(store, pass.id))!);
    expect(await alive('a')).toBe(true);
  });

  test('nothing after a delta or a pass since a date', async () => {
    await full([{ id: 'a' }]);
    await sweep(store, await readPass(store, integration, TAGS, 'delta', [[]]));
    const since = await open(store, integration, TAGS, 'full', { since: '2026-01-01' });
    const { pass } = await commitPage(store, since, makePage(TAGS, []), PLAIN);
    expect(pass).toMatchObject({ state: 'completed', sweep_state: 'none' });
    await sweep(store, pass);
    expect(await alive('a')).toBe(true);
  });

  test('never a record that was created, changed or read by a delta while the listing ran', async () => {
    await full([{ id: 'moved', name: 'old' }, { id: 'listed' }]);
    const listing = await open(store, integration, TAGS, 'full');
    const between = await ask(store);
    await write(store, integration, TAGS, [{ id: 'created' }, { id: 'moved', name: 'new' }], between);
    const { pass } = await commitPage(store, listing, makePage(TAGS, [{ id: 'listed' }]), PLAIN);
    expect(await sweep(store, pass)).toMatchObject({ sweep_candidates: 0, sweep_deleted: 0 });
  });

  test('never one that a delta wrote between the request and the answer', async () => {
    await full([{ id: 'a' }]);
    const pass = await findCandidates(store, await full([]), { maxShare: 0.3, allowMassDeletion: false });
    const asked = await nextCandidates(store, pass, 10);
    const answer = { asked, returned: [], unreadable: [], ...(await ask(store)) };
    await write(store, integration, TAGS, [{ id: 'a', name: 'back' }], await ask(store));
    expect(await settleCandidates(store, pass, answer, PLAIN)).toMatchObject({ deleted: 0 });
    expect(await alive('a')).toBe(true);
  });

  test('never one that Kombo returns but that cannot be stored', async () => {
    await full([{ id: 'a' }]);
    const pass = await findCandidates(store, await full([]), { maxShare: 0.3, allowMassDeletion: false });
    const answer = { asked: ['a'], returned: [], unreadable: ['a'], ...(await ask(store)) };
    await settleCandidates(store, pass, answer, PLAIN);
    expect(await alive('a')).toBe(true);
  });

  test('a record that was listed but rejected is not a candidate', async () => {
    await full([{ id: 'bad' }]);
    expect(await sweep(store, await full(['{"id":"bad","x":1e999999}']))).toMatchObject({
      sweep_candidates: 0,
    });
  });

  test('records that were listed before a restart of the pass count as listed', async () => {
    await full([{ id: 'a' }]);
    let pass = await open(store, integration, TAGS, 'full');
    ({ pass } = await commitPage(store, pass, makePage(TAGS, [{ id: 'a' }], { next: 'p2' }), PLAIN));
    pass = await restartPass(store, pass);
    ({ pass } = await commitPage(store, pass, makePage(TAGS, []), PLAIN));
    expect(await sweep(store, pass)).toMatchObject({ sweep_candidates: 0 });
  });

  test('another integration with the same ids is not touched (I11)', async () => {
    await readPass(store, `${integration}-other`, TAGS, 'full', [[{ id: 'a' }]]);
    await full([{ id: 'a' }]);
    await sweep(store, await full([]));
    expect(await alive('a')).toBe(false);
    expect(await readRow(store, `${integration}-other`, 'ats_tags', 'a')).toMatchObject({ deleted_at: null });
  });
});

describe('a row that a sweep deleted', () => {
  test('comes back with the next answer that has it, even with an older changed_at', async () => {
    await full([{ id: 'a', changed_at: '2026-02-01T00:00:00Z' }]);
    await sweep(store, await full([]));
    await full([{ id: 'a', changed_at: '2026-01-01T00:00:00Z' }]);
    expect(await alive('a')).toBe(true);
    expect((await feed(store, integration)).at(-1)).toBe('restored a');
  });

  test('does not come back with an answer from before the sweep, even with a newer changed_at', async () => {
    await full([{ id: 'a', changed_at: '2026-01-01T00:00:00Z' }]);
    const before = await ask(store);
    await sweep(store, await full([]));
    const late = [{ id: 'a', changed_at: '2026-02-01T00:00:00Z' }];
    expect(await write(store, integration, TAGS, late, before)).toMatchObject({ stale: 1 });
    expect(await alive('a')).toBe(false);
  });
});

describe('a sweep that would delete too much', () => {
  test('stops above 30 % of a large table, says why, and deletes nothing', async () => {
    await full(tags(100));
    const asked: string[] = [];
    const swept = await sweep(store, await full(tags(69)), (ids) => {
      asked.push(...ids);
      return [];
    });
    expect(asked).toEqual([]);
    expect(swept).toMatchObject({ sweep_state: 'stopped', sweep_candidates: 31, sweep_deleted: 0 });
    expect(swept.sweep_message).toContain('lacks 31 of 100 live records');
    expect(swept.sweep_message).toContain(`sync full ${integration} --models ats_tags --allow-mass-deletion`);
    expect(await alive('t99')).toBe(true);
    // Another sweep would only stop again: this waits for your decision.
    expect((await historyAt(store, integration, TAGS)).debts).toEqual({});
  });

  test('continues at exactly the share, and above it if you allow it', async () => {
    await full(tags(100));
    expect(await sweep(store, await full(tags(70)))).toMatchObject({
      sweep_state: 'done',
      sweep_deleted: 30,
    });
    await full(tags(100));
    const allowed = { allowMassDeletion: true };
    expect(await sweep(store, await full([]), () => [], allowed)).toMatchObject({ sweep_deleted: 100 });
  });

  test('does not count tombstones, because Kombo itself says that they are deleted', async () => {
    await full(tags(100));
    const gone = tags(100).map((tag) => ({ ...tag, remote_deleted_at: '2026-01-01T00:00:00Z' }));
    expect(await sweep(store, await full(gone))).toMatchObject({ sweep_state: 'done', sweep_candidates: 0 });
    expect(await alive('t0')).toBe(false);
  });

  test('sweeps all of a small table, because Kombo is asked about each record', async () => {
    await full(tags(99));
    expect(await sweep(store, await full([]))).toMatchObject({ sweep_state: 'done', sweep_deleted: 99 });
  });
});

describe('an interrupted sweep', () => {
  test('is owed until it is done, for the newest listing', async () => {
    const unswept = () => unsweptPass(store, integration, TAGS);
    const isOwed = async () => 'sweep' in (await historyAt(store, integration, TAGS)).debts;
    expect(await unswept()).toBeUndefined();
    const older = await full(tags(2));
    const newer = await full([]);
    expect(await unswept()).toEqual(newer);
    const found = await findCandidates(store, newer, { maxShare: 0.3, allowMassDeletion: false });
    expect(await unswept()).toEqual(found);
    expect(await isOwed()).toBe(true);
    await sweep(store, newer);
    expect(await isOwed()).toBe(false);
    // The older listing no longer counts.
    expect(await unswept()).toBeUndefined();
    expect(await getPass(store, older.id)).toMatchObject({ sweep_state: 'none' });
  });

  test('continues with the candidates that are left, and counts each deletion once', async () => {
    await full(tags(5));
    const pass = await full([]);
    const found = await findCandidates(store, pass, { maxShare: 0.3, allowMassDeletion: false });
    const asked = await nextCandidates(store, found, 2);
    const answer = { asked, returned: [], unreadable: [], ...(await ask(store)) };
    await settleCandidates(store, found, answer, PLAIN);
    await settleCandidates(store, found, answer, PLAIN);
    expect(await sweep(store, pass)).toMatchObject({
      sweep_candidates: 5,
      sweep_deleted: 5,
      sweep_state: 'done',
    });
    expect(await sweep(store, pass)).toMatchObject({ sweep_deleted: 5 });
    const { entries } = await listDrift(store, { integrationId: integration, limit: 100 });
    expect(entries).toHaveLength(1);
    const { rows } = await store.pool.query('select from kombo_sync.pass_pages where pass_id = $1', [
      pass.id,
    ]);
    expect(rows).toEqual([]);
  });
});
