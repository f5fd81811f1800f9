import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/database.ts';
import { readChanges } from '../../src/store/feed.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { createEmptyStore, createTestStore, type TestStore } from '../support/database.ts';
import { ask, write } from './support.ts';

const TAGS = '/ats/tags';

/** Everything that a migration might touch: columns, comments, objects. */
async function picture(store: TestStore, schemas: readonly string[]): Promise<unknown> {
  const { rows } = await store.pool.query(
    `select n.nspname::text, obj_description(n.oid) as about, c.relname::text, obj_description(c.oid, 'pg_class') as comment,
       a.attname::text, col_description(c.oid, a.attnum) as meaning
     from pg_namespace n left join pg_class c on c.relnamespace = n.oid
     left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
     where n.nspname = any($1) order by 1, 3, 5`,
    [schemas],
  );
  return rows;
}

describe('objects that are not ours are not touched', () => {
  test.each([
    [
      'a table with a name of ours',
      `create schema kombo; comment on schema kombo is 'Kombucha'; create table kombo.ats_jobs (id int, a int, b int, c int);
       comment on table kombo.ats_jobs is 'Brewing'`,
      /^kombo\.ats_jobs was not made by kombo-sync: it does not have the columns integration_id, raw, .* DATA_SCHEMA=/,
    ],
    [
      'a view with a name of ours',
      'create schema kombo; create view kombo.ats_jobs as select 1 as x',
      /^kombo\.ats_jobs was not made by kombo-sync/,
    ],
    [
      'other tables',
      'create schema kombo; create table kombo.orders (id int)',
      /^Schema kombo was not made for kombo-sync: it holds orders\. .* DATA_SCHEMA=kombo_hr/,
    ],
    [
      'only a function',
      `create schema kombo; create function kombo.brew() returns int language sql return 1`,
      /^Schema kombo was not made for kombo-sync: it holds brew/,
    ],
    [
      'tables where the service keeps its own',
      'create schema kombo_sync; create table kombo_sync.migrations (name text)',
      /^Schema kombo_sync was not made for kombo-sync: it holds migrations\. .* SERVICE_SCHEMA=kombo_sync_hr/,
    ],
  ])('%s', async (_name, before, refusal) => {
    const store = await createEmptyStore();
    await store.pool.query(before);
    const schemas = ['kombo', 'kombo_sync'];
    const seen = await picture(store, schemas);
    await expect(migrate(store)).rejects.toThrow(refusal);
    expect(await picture(store, schemas)).toEqual(seen);
    // The remedy: schemas with other names.
    const elsewhere = openStore(store.url, { schemas: { data: 'kombo_hr', service: 'kombo_sync_hr' } });
    expect((await migrate(elsewhere)).applied).toContain('kombo_hr.ats_jobs');
    await elsewhere.close();
    expect(await picture(store, schemas)).toEqual(seen);
  });

  test('a table that has replaced ours under the same name', async () => {
    const store = await createTestStore();
    await store.pool.query('drop table kombo.ats_jobs cascade; create table kombo.ats_jobs (id int)');
    await expect(migrate(store)).rejects.toThrow(/^kombo\.ats_jobs was not made by kombo-sync/);
  });
});

describe('our schemas', () => {
  test('may be empty schemas that you created, which keep their comments', async () => {
    const store = await createEmptyStore();
    await store.pool.query(
      `create schema kombo; create schema kombo_sync; create schema kombo_live;
       comment on schema kombo is 'By the DBA'`,
    );
    await migrate(store);
    expect(await pendingMigrations(store)).toEqual([]);
    const { rows } = await store.pool.query(`select obj_description('kombo'::regnamespace) as comment`);
    expect(rows).toEqual([{ comment: 'By the DBA' }]);
  });

  test('stay ours if you add objects and comments, which migrations do not change', async () => {
    const store = await createTestStore();
    await store.pool.query(
      `create view kombo.mine as select id from kombo.ats_tags; comment on table kombo.ats_tags is 'Mine';
       comment on column kombo.ats_tags.name is 'Mine too'; alter table kombo.ats_tags drop column remote_id cascade`,
    );
    expect((await migrate(store)).applied).toEqual(['kombo.ats_tags (remote_id)', 'kombo_live.ats_tags']);
    const { rows } = await store.pool.query(
      `select obj_description('kombo.ats_tags'::regclass) as about, col_description('kombo.ats_tags'::regclass, attnum) as column
       from pg_attribute where attrelid = 'kombo.ats_tags'::regclass and attname = 'name'`,
    );
    expect(rows).toEqual([{ about: 'Mine', column: 'Mine too' }]);
  });

  test('may be restored without the schema of the service, for example from a dump of one schema', async () => {
    const store = await createTestStore();
    await write(store, 'bombohr:1', TAGS, [{ id: 'a' }], await ask(store));
    await store.pool.query('drop schema kombo_sync cascade');
    await migrate(store);
    expect(await write(store, 'bombohr:1', TAGS, [{ id: 'b' }], await ask(store))).toMatchObject({
      created: 1,
    });
  });
});

describe('two installations in one database', () => {
  test('have their own schemas, and neither sees or delays the other', async () => {
    const one = await createTestStore();
    const two = openStore(one.url, { schemas: { data: 'hr', service: 'hr_sync' } });
    try {
      await migrate(two);
      await write(one, 'bombohr:1', TAGS, [{ id: 'one' }], await ask(one));
      await write(two, 'bombohr:1', TAGS, [{ id: 'two' }, { id: 'two again' }], await ask(two));
      const rows = async (schema: string) =>
        (await one.pool.query<{ id: string }>(`select id from ${schema} order by id`)).rows.map(
          ({ id }) => id,
        );
      expect(await rows('kombo.ats_tags')).toEqual(['one']);
      expect(await rows('hr.ats_tags')).toEqual(['two', 'two again']);
      const client = await two.pool.connect();
      await client.query('begin');
      await client.query(`select kombo_sync.begin_write('ats_tags bombohr:1')`);
      const feed = async (store: typeof two) =>
        (await readChanges(store, { after: '0', limit: 10 })).changes.map(({ id }) => id);
      await write(one, 'bombohr:1', TAGS, [{ id: 'three' }], await ask(one));
      expect(await feed(one)).toEqual(['one', 'three']);
      await client.query('commit');
      client.release();
      expect(await feed(two)).toEqual(['two', 'two again']);
      const { rows: bodies } = await one.pool.query<{ body: string }>(
        `select prosrc || obj_description(oid) as body from pg_proc where pronamespace = 'hr_sync'::regnamespace`,
      );
      expect(bodies.filter(({ body }) => /\bkombo(_sync)?\b(?!-sync)/.test(body))).toEqual([]);
    } finally {
      await two.close();
    }
  });

  test('may not share the data, and inconsistent settings are refused', async () => {
    const store = await createTestStore();
    const refusal = async (data: string, service: string) => {
      const other = openStore(store.url, { schemas: { data, service } });
      const refused = await migrate(other).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      await other.close();
      return refused;
    };
    expect(await refusal('kombo', 'hr_sync')).toMatch(
      /^Schema kombo belongs to another kombo-sync, whose SERVICE_SCHEMA is kombo_sync\./,
    );
    expect(await refusal('hr', 'kombo_sync')).toMatch(
      /^The data of kombo_sync is in schema kombo, but DATA_SCHEMA is hr\. Set DATA_SCHEMA=kombo/,
    );
    expect(await refusal('select', 'hr_sync')).toMatch(/^select is a word of SQL/);
    await store.pool.query('alter schema kombo_sync rename to renamed');
    expect(await refusal('kombo', 'renamed')).toMatch(
      /^Schema renamed was renamed from kombo_sync, .* alter schema renamed rename to kombo_sync;$/,
    );
  });
});
