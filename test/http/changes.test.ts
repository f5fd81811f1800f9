import { beforeAll, describe, expect, test } from 'vitest';
import { createTestStore, type TestStore } from '../support/database.ts';
import { expectProblem, startApi } from './api.ts';

const get = async <T>(store: TestStore, path: string): Promise<T> => {
  const { call } = await startApi(store);
  const answer = await call('GET', path);
  expect(answer.statusCode).toBe(200);
  return answer.json<T>();
};

describe('the change feed', () => {
  test('says which changes were removed, and continues with the oldest one that is kept', async () => {
    const store = await createTestStore();
    await store.pool.query(
      `insert into kombo_sync.changes (integration_id, table_name, id, op)
       values ('x:1', 'ats_jobs', 'gone', 'created'), ('x:1', 'ats_jobs', 'kept', 'created')`,
    );
    const { call } = await startApi(store);
    const oldest = () => call('GET', '/changes?after=oldest');
    expect((await oldest()).json()).toMatchObject({ changes: [{ id: 'gone' }, { id: 'kept' }] });
    await store.pool.query(
      `with gone as (delete from kombo_sync.changes where id = 'gone' returning seq)
       update kombo_sync.changes_removed set up_to = (select seq from gone), newest_at = '2026-01-01T00:00:00Z'`,
    );
    for (const path of ['/changes', '/changes?after=0&integration=x%3A1']) {
      const detail = /position 0\. Changes up to \d+, written until 2026-01-01 00:00 UTC, .* after=oldest/;
      expectProblem(await call('GET', path), 410, 'changes_removed', detail);
    }
    expect((await oldest()).json()).toMatchObject({ changes: [{ id: 'kept' }], more: false });
  });

  interface Page {
    changes: { seq: string; integrationId: string; tableName: string; id: string }[];
    next: string;
    more: boolean;
  }
  let store: TestStore;
  beforeAll(async () => {
    store = await createTestStore();
    // Only a few of 2,400 changes are about the table that the tests ask for.
    await store.pool.query(
      `insert into kombo_sync.changes (integration_id, table_name, id, op)
       select 'a:' || number % 2, case when number % 800 = 0 then 'rare' else 'common' end, number::text, 'updated'
       from generate_series(1, 2400) number`,
    );
  });
  const idsOf = ({ changes }: Page) => changes.map(({ id }) => id);

  test('comes in order and without gaps, and says when no more follow', async () => {
    const seen: string[] = [];
    let page: Page = { changes: [], next: '0', more: true };
    while (page.more) {
      page = await get<Page>(store, `/changes?after=${page.next}&limit=500`);
      seen.push(...idsOf(page));
    }
    expect(seen).toEqual(Array.from({ length: 2_400 }, (_, index) => String(index + 1)));
    expect(await get<Page>(store, `/changes?after=${page.next}`)).toEqual({
      changes: [],
      next: page.next,
      more: false,
    });
  });

  test('shows names, never records', async () => {
    const { changes, more } = await get<Page>(store, '/changes?limit=1');
    expect(more).toBe(true);
    expect(changes).toEqual([
      {
        seq: expect.stringMatching(/^\d+$/) as string,
        integrationId: 'a:1',
        tableName: 'common',
        id: '1',
        op: 'updated',
        at: expect.stringMatching(/^20.*Z$/) as string,
        changedFields: null,
      },
    ]);
  });

  test.each([
    ['table=rare', ['800', '1600', '2400']],
    ['table=rare&integration=a:1', []],
    ['table=none', []],
  ])('can be filtered by %s', async (query, ids) => {
    const page = await get<Page>(store, `/changes?${query}`);
    expect(idsOf(page)).toEqual(ids);
    expect(page.more).toBe(false);
    const rest = await get<Page>(store, `/changes?${query}&after=${page.next}`);
    expect(idsOf(rest)).toEqual([]);
  });

  test('continues after the last match that was returned, not after the last change that was searched', async () => {
    const first = await get<Page>(store, '/changes?table=rare&limit=2');
    expect(idsOf(first)).toEqual(['800', '1600']);
    expect(first.more).toBe(true);
    const second = await get<Page>(store, `/changes?table=rare&limit=2&after=${first.next}`);
    expect(idsOf(second)).toEqual(['2400']);
    const even = await get<Page>(store, '/changes?integration=a:0&limit=2');
    expect(idsOf(even)).toEqual(['2', '4']);
    expect(idsOf(await get<Page>(store, `/changes?integration=a:0&limit=2&after=${even.next}`))).toEqual([
      '6',
      '8',
    ]);
  });

  test('moves the position even if nothing matches, so that each request makes progress', async () => {
    await store.pool.query(
      `insert into kombo_sync.changes (integration_id, table_name, id, op)
       select 'b:1', 'common', number::text, 'updated' from generate_series(1, 12000) number`,
    );
    let page = await get<Page>(store, '/changes?table=none');
    expect(page).toMatchObject({ changes: [], more: true });
    expect(Number(page.next)).toBeGreaterThan(9_000);
    page = await get<Page>(store, `/changes?table=none&after=${page.next}`);
    expect(page).toMatchObject({ changes: [], more: false });
  });

  test('takes the largest possible position', async () => {
    const after = '9223372036854775807';
    expect(await get<Page>(store, `/changes?after=${after}`)).toEqual({
      changes: [],
      next: after,
      more: false,
    });
  });
});
