import { expect, test } from 'vitest';
import { transaction } from '../../src/store/database.ts';
import { prune } from '../../src/store/state/retention.ts';
import { createTestStore } from '../support/database.ts';
import { caughtUp, consume, consumerRow, tag, writeTags } from './support.ts';

const store = await createTestStore();

const next = (name: string, max = 500) =>
  transaction(store.pool, async (tx) => {
    const { rows } = await tx.query<{ seq: number; id: string }>(
      'select * from kombo_sync.next_changes($1, $2)',
      [name, max],
    );
    await tx.query('select kombo_sync.advance($1, $2)', [name, rows.at(-1)?.seq ?? null]);
    return rows.map(({ id }) => id);
  });

test('in SQL alone, a new name begins with the oldest change and gets each change once', async () => {
  await writeTags(store, [tag('a', 'x'), tag('b', 'x'), tag('c', 'x')]);
  expect(await next('sql', 2)).toEqual(['a', 'b']);
  expect(await next('sql', 2)).toEqual(['c']);
  expect(await next('sql', 2)).toEqual([]);
});

test('(I33) what is rolled back comes again, and a second reader waits for the first one', async () => {
  await writeTags(store, [tag('d', 'x')]);
  const first = await store.pool.connect();
  await first.query('begin');
  await first.query(`select * from kombo_sync.next_changes('sql')`);
  const second = next('sql');
  await first.query('rollback');
  first.release();
  expect(await second).toEqual(['d']);
});

test('(I33) both ways share a name, and a change is handled by one of them', async () => {
  await writeTags(store, [tag('e', 'x')]);
  const running = consume(store, { consumer: 'sql' });
  await caughtUp(store, 'sql');
  expect(await next('sql')).toEqual([]);
  await running.stop();
  expect(running.seen.map(({ id }) => id)).toEqual(['e']);
});

test('(I33) a position moves neither back nor past what may be open, and says how to go back', async () => {
  const { seq } = (await consumerRow(store, 'sql')) as { seq: number };
  const advance = (to: number) => store.pool.query(`select kombo_sync.advance('sql', $1)`, [to]);
  await expect(advance(seq - 1)).rejects.toMatchObject({
    code: 'KS004',
    hint: /consumers reset sql --to \d+/,
  });
  await expect(advance(seq + 1_000)).rejects.toMatchObject({ code: 'KS004', message: /may still be open/ });
  await store.pool.query(`select kombo_sync.advance('from now on', kombo_sync.changes_horizon())`);
  expect(await next('from now on')).toEqual([]);
});

test('a consumer that is to begin with the rows is refused, since the function has only the feed', async () => {
  await store.pool.query(`update kombo_sync.consumers set copying_table = '' where name = 'sql'`);
  await expect(next('sql')).rejects.toMatchObject({ code: 'KS004', hint: /--to \d+/ });
  await store.pool.query(`update kombo_sync.consumers set copying_table = null where name = 'sql'`);
});

test('(I34) what a registered consumer has not read stays until CONSUMER_MAX_LAG is over', async () => {
  const day = 86_400_000;
  const kept = async () =>
    (await store.pool.query<{ count: number }>('select count(*)::int as count from kombo_sync.changes'))
      .rows[0]!.count;
  await store.pool.query('delete from kombo_sync.consumers');
  await next('reader', 2);
  await store.pool.query(`update kombo_sync.changes set at = now() - interval '40 days'`);
  const all = await kept();
  await prune(store, { changesMs: 30 * day, consumerMs: 60 * day, historyMs: 90 * day });
  expect(await kept()).toBe(all - 2);
  expect(await next('reader', 1)).toHaveLength(1);
  await prune(store, { changesMs: 30 * day, consumerMs: 35 * day, historyMs: 90 * day });
  expect(await kept()).toBe(0);
  await expect(next('reader')).rejects.toMatchObject({ code: 'KS001' });
});
