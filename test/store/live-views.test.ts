import { describe, expect, test } from 'vitest';
import { CATALOGUE, getEndpoint } from '../../src/domain/catalogue/index.ts';
import { openStore } from '../../src/store/database.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { createEmptyStore, createTestStore, type TestStore } from '../support/database.ts';
import { createRole } from '../support/roles.ts';
import { underWay, write } from './support.ts';

const TAGS = '/ats/tags';

async function columnsOf(store: TestStore, relation: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ name: string }>(
    `select attname::text as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [relation],
  );
  return rows.map(({ name }) => name);
}

const refusal = (store: TestStore) =>
  migrate(store).then(
    () => 'nothing',
    (error: Error) => error.message,
  );

describe('live views', () => {
  test('show the live rows of every table, with its fields and without the bookkeeping', async () => {
    const store = await createTestStore();
    await write(
      store,
      'bombohr:1',
      TAGS,
      [
        { id: 'a', name: 'Live' },
        { id: 'b', name: 'Gone', remote_deleted_at: '2026-01-01T00:00:00.000Z' },
      ],
      underWay('10:00:00'),
    );
    const { rows } = await store.pool.query('select * from kombo_live.ats_tags');
    expect(rows).toEqual([
      {
        integration_id: 'bombohr:1',
        id: 'a',
        name: 'Live',
        remote_id: null,
        remote_data: null,
        changed_at: null,
        raw: { id: 'a', name: 'Live' },
      },
    ]);
    for (const { table, fields } of CATALOGUE) {
      expect(await columnsOf(store, `kombo_live.${table}`)).toEqual([
        'integration_id',
        'id',
        ...Object.keys(fields),
        'changed_at',
        'raw',
      ]);
    }
  });

  test('get a new column of their table at the end, and keep views that depend on them', async () => {
    const store = await createTestStore();
    const before = await columnsOf(store, 'kombo_live.ats_tags');
    // A view as an older version made it, and a view of yours that depends on it.
    await store.pool.query(
      `drop view kombo_live.ats_tags;
       create view kombo_live.ats_tags with (security_invoker = true) as
         select integration_id, id, remote_id, remote_data, changed_at, raw from kombo.ats_tags where deleted_at is null;
       comment on view kombo_live.ats_tags is 'Mine';
       create view public.mine as select id, remote_id from kombo_live.ats_tags`,
    );
    expect(await pendingMigrations(store)).toEqual(['kombo_live.ats_tags (name)']);
    expect((await migrate(store)).applied).toEqual(['kombo_live.ats_tags (name)']);
    expect(await pendingMigrations(store)).toEqual([]);
    expect(await columnsOf(store, 'kombo_live.ats_tags')).toEqual([
      ...before.filter((name) => name !== 'name'),
      'name',
    ]);
    const { rows } = await store.pool.query(
      `select obj_description('kombo_live.ats_tags'::regclass) as about, col_description('kombo_live.ats_tags'::regclass, attnum) as name
       from pg_attribute where attrelid = 'kombo_live.ats_tags'::regclass and attname = 'name'`,
    );
    expect(rows).toEqual([{ about: 'Mine', name: `Field name of GET ${TAGS}.` }]);
    expect((await store.pool.query('select * from public.mine')).rows).toEqual([]);
  });

  test('keep a column of a newer version', async () => {
    const store = await createTestStore();
    await store.pool.query(
      `alter table kombo.ats_tags add column of_tomorrow text;
       create or replace view kombo_live.ats_tags with (security_invoker = true) as
         select integration_id, id, ${Object.keys(getEndpoint(TAGS).fields).join(', ')}, changed_at, raw, of_tomorrow
         from kombo.ats_tags where deleted_at is null`,
    );
    expect(await migrate(store)).toEqual({ applied: [] });
    expect(await columnsOf(store, 'kombo_live.ats_tags')).toContain('of_tomorrow');
  });

  test('show a reader only what it may read of their tables, and are repaired if they show more', async () => {
    const store = await createTestStore();
    const role = await createRole(store);
    await store.pool.query(
      `grant usage on schema kombo_live to ${role.name}; grant select on all tables in schema kombo_live to ${role.name}`,
    );
    const reader = openStore(role.url, { max: 1 });
    const read = () => reader.pool.query('select id from kombo_live.ats_tags');
    try {
      await expect(read()).rejects.toThrow('permission denied for table ats_tags');
      await store.pool.query(
        `alter view kombo_live.ats_tags reset (security_invoker); alter view kombo.integrations reset (security_invoker)`,
      );
      await read();
      const behind = ['kombo.integrations (security_invoker)', 'kombo_live.ats_tags (security_invoker)'];
      expect(await pendingMigrations(store)).toEqual(behind);
      expect((await migrate(store)).applied).toEqual(behind);
      await expect(read()).rejects.toThrow('permission denied for table ats_tags');
    } finally {
      await reader.close();
    }
  });

  test('follow the name of the schema of the data', async () => {
    const store = await createEmptyStore();
    const named = openStore(store.url, { schemas: { data: 'hr', service: 'hr_sync' } });
    try {
      expect((await migrate(named)).applied).toContain('hr_live.ats_tags');
      expect(await pendingMigrations(named)).toEqual([]);
      const { rows } = await store.pool.query(
        `select pg_get_viewdef('hr_live.ats_tags'::regclass) ~ 'FROM hr.ats_tags' as "isOfHr", to_regnamespace('kombo_live') as other`,
      );
      expect(rows).toEqual([{ isOfHr: true, other: null }]);
    } finally {
      await named.close();
    }
  });
});

describe('an object that is not ours among the live views is not touched', () => {
  test.each([
    ['a view of another table', 'create view kombo_live.ats_tags as select * from kombo.ats_jobs'],
    [
      'a view of some columns',
      'create view kombo_live.ats_tags as select integration_id, id from kombo.ats_tags',
    ],
    [
      'a view with a column of its own',
      `create view kombo_live.ats_tags as select integration_id, id, changed_at, raw, 1 as mine from kombo.ats_tags`,
    ],
    ['a table', 'create table kombo_live.ats_tags (integration_id text, id text, changed_at text, raw text)'],
  ])('%s', async (_name, statement) => {
    const store = await createTestStore();
    await store.pool.query(`drop view kombo_live.ats_tags; ${statement}`);
    const before = await columnsOf(store, 'kombo_live.ats_tags');
    expect(await refusal(store)).toBe(
      'kombo_live.ats_tags was not made by kombo-sync: it is not a view of the live rows of kombo.ats_tags. Nothing was changed. Rename or move it; the view of that name is made then.',
    );
    expect(await columnsOf(store, 'kombo_live.ats_tags')).toEqual(before);
    await store.pool.query('alter table kombo_live.ats_tags rename to mine');
    expect((await migrate(store)).applied).toEqual(['kombo_live.ats_tags']);
    expect(await columnsOf(store, 'kombo_live.mine')).toEqual(before);
  });

  test('a schema of that name, before the first migration and after', async () => {
    const fresh = await createEmptyStore();
    await fresh.pool.query('create schema kombo_live; create table kombo_live.orders (id int)');
    expect(await refusal(fresh)).toMatch(
      /^Schema kombo_live was not made for kombo-sync: it holds orders\. Nothing was changed\. .* DATA_SCHEMA=kombo_hr/,
    );
    const store = await createTestStore();
    await store.pool.query(
      'drop schema kombo_live cascade; create schema kombo_live; create table kombo_live.orders (id int)',
    );
    const [remedy] = /alter schema .*;$/.exec(await refusal(store)) ?? [];
    await store.pool.query(remedy!);
    expect((await migrate(store)).applied).toHaveLength(CATALOGUE.length);
    expect(await columnsOf(store, 'kombo_live_old.orders')).toEqual(['id']);
  });

  test('a role that may not create schemas gets the statement to create the one for the views', async () => {
    const store = await createEmptyStore();
    await store.pool.query(`revoke create on database "${new URL(store.url).pathname.slice(1)}" from public`);
    const role = await createRole(store);
    await store.pool.query(
      `create schema kombo authorization ${role.name}; create schema kombo_sync authorization ${role.name}`,
    );
    const own = openStore(role.url, { max: 2 });
    try {
      const message = await refusal({ ...own, url: role.url });
      expect(message).toMatch(/^The role \S+ may not make schema kombo_live in the database /);
      await store.pool.query(/create schema .*?;/.exec(message)![0]);
      expect((await migrate(own)).applied).toContain('kombo_live.ats_tags');
    } finally {
      await own.close();
    }
  });
});
