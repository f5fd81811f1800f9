import { beforeEach, describe, expect, test } from 'vitest';
import {
  ChangesRemoved,
  followChanges,
  latestPosition,
  oldestPosition,
  readChanges,
} from '../../src/store/feed.ts';
import { prune } from '../../src/store/state/retention.ts';
import { createTestStore, waitsForLock } from '../support/database.ts';

const DAY = 86_400_000;
const RETENTION = { changesMs: 30 * DAY, historyMs: 90 * DAY };
const store = await createTestStore();

beforeEach(async () => {
  await store.pool.query('delete from kombo_sync.changes');
  await store.pool.query('update kombo_sync.changes_removed set up_to = 0, newest_at = null');
});

/** Writes entries with these ages in days, and returns their positions. */
async function add(...days: number[]): Promise<string[]> {
  const { rows } = await store.pool.query<{ seq: string }>(
    `insert into kombo_sync.changes (integration_id, table_name, id, op, at)
     select 'x:1', 'ats_jobs', 'job', 'updated', now() - days * interval '1 day' from unnest($1::int[]) days
     returning seq::text`,
    [days],
  );
  return rows.map(({ seq }) => seq);
}

const read = async (after: string) =>
  (await readChanges(store, { after, limit: 1_000 })).changes.map(({ seq }) => seq);
const inSql = (after: string) =>
  store.pool.query<{ seq: string }>('select seq::text from kombo_sync.read_changes($1)', [after]);

describe('a reader that comes after changes were removed', () => {
  test('is refused, and the error says what is gone and how to continue', async () => {
    const [first, second, third, fourth] = (await add(50, 40, 1, 1)) as [string, string, string, string];
    expect(await oldestPosition(store)).toBe('0');
    expect(await read('0')).toHaveLength(4);
    expect(await prune(store, RETENTION)).toMatchObject({ changes: 2 });
    for (const after of ['0', first]) {
      await expect(read(after)).rejects.toThrow(ChangesRemoved);
      await expect(inSql(after)).rejects.toMatchObject({
        code: 'KS001',
        message: `The change feed does not reach back to position ${after}.`,
        detail: expect.stringMatching(
          new RegExp(
            `^Changes up to ${second}, written until \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC, have been removed \\(CHANGES_RETENTION\\)\\.$`,
          ),
        ) as string,
        hint: expect.stringMatching(/Read the tables .* again, .* kombo_sync\.changes_oldest\(\)/) as string,
      });
    }
    expect(await read(second)).toEqual([third, fourth]);
    expect(await read(third)).toEqual([fourth]);
    expect(await read(await latestPosition(store))).toEqual([]);
    expect(await oldestPosition(store)).toBe(second);
    expect((await inSql(await oldestPosition(store))).rowCount).toBe(2);
  });

  test('is refused too if the feed is empty', async () => {
    const [only] = await add(31);
    await prune(store, RETENTION);
    await expect(read('0')).rejects.toThrow(`Changes up to ${only}, written until`);
    expect(await read(only!)).toEqual([]);
  });

  test('later removals move the position forward, and none moves it back', async () => {
    await add(50, 1);
    await prune(store, RETENTION);
    const before = await oldestPosition(store);
    await prune(store, RETENTION);
    expect(await oldestPosition(store)).toBe(before);
    await prune(store, { ...RETENTION, changesMs: 0 });
    expect(BigInt(await oldestPosition(store))).toBe(BigInt(before) + 1n);
  });

  test('ends with the error instead of waiting if it follows the feed', async () => {
    await add(50);
    await prune(store, RETENTION);
    const following = followChanges(store, { after: '0', signal: new AbortController().signal });
    await expect(following.next()).rejects.toThrow(ChangesRemoved);
  });

  test('ends with the error too if it follows the feed and falls behind', async () => {
    await add(1);
    const following = followChanges(store, { after: '0', signal: new AbortController().signal });
    await following.next();
    await add(50);
    await prune(store, { ...RETENTION, changesMs: 0 });
    await expect(following.next()).rejects.toThrow(ChangesRemoved);
  });
});

describe('what is not a removal', () => {
  test('gaps in the feed and an erased integration do not refuse readers', async () => {
    const [first, second] = (await add(50, 50)) as [string, string];
    await store.pool.query('delete from kombo_sync.changes where seq = $1', [first]);
    await store.pool.query(`select nextval('kombo_sync.changes_seq_seq')`);
    expect(await read('0')).toEqual([second]);
    expect(await oldestPosition(store)).toBe('0');
  });

  test('an old entry after a young one stays until both are old, so that the rest is complete', async () => {
    const [, young, old] = (await add(50, 1, 50)) as [string, string, string];
    expect(await prune(store, RETENTION)).toMatchObject({ changes: 1 });
    expect(await read(await oldestPosition(store))).toEqual([young, old]);
  });

  test('entries that an open transaction may still write do not count as removed', async () => {
    const writer = await store.pool.connect();
    await writer.query('begin');
    await writer.query(`select kombo_sync.begin_write('slow')`);
    const { rows } = await writer.query<{ seq: string }>(
      `insert into kombo_sync.changes (integration_id, table_name, id, op, at)
       values ('x:1', 'ats_jobs', 'slow', 'created', now() - interval '50 days') returning seq::text`,
    );
    const [later] = await add(50);
    expect(await prune(store, RETENTION)).toMatchObject({ changes: 0 });
    expect(await oldestPosition(store)).toBe('0');
    await writer.query('commit');
    writer.release();
    expect(await read('0')).toEqual([rows[0]!.seq, later]);
    expect(await prune(store, RETENTION)).toMatchObject({ changes: 2 });
  });
});

test('a reader is refused instead of reading a part if changes are removed just as it begins', async () => {
  const [first] = await add(50, 1);
  // A connection that has read before waits for the table only when it reads it.
  await Promise.all([read('0'), read('0'), read('0')]);
  const remover = await store.pool.connect();
  await remover.query('begin');
  await remover.query('lock table kombo_sync.changes in access exclusive mode');
  const reading = read('0').catch((error: unknown) => error);
  await waitsForLock(store);
  await remover.query('delete from kombo_sync.changes where seq = $1', [first]);
  await remover.query('update kombo_sync.changes_removed set up_to = $1, newest_at = now()', [first]);
  await remover.query('commit');
  remover.release();
  expect(await reading).toBeInstanceOf(ChangesRemoved);
});

test('two removals at once count each change once', async () => {
  await add(...Array.from({ length: 200 }, () => 50), 1);
  const both = await Promise.all([prune(store, RETENTION), prune(store, RETENTION)]);
  expect(both.map(({ changes }) => changes).toSorted((a, b) => a - b)).toEqual([0, 200]);
});
