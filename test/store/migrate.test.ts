import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';
import { SYSTEM_COLUMNS } from '../../src/store/records/data-tables.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { openStore } from '../../src/store/database.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { createEmptyStore, createTestStore } from '../support/database.ts';
import { feed, getPass, makePage, open, PLAIN, readRow, rowVersions, underWay, write } from './support.ts';

const ABSENCES = '/hris/absences';

describe('migrations', () => {
  test('of eight processes at once, one migrates and the others find nothing to do; again twice', async () => {
    const empty = await createEmptyStore();
    const stores = Array.from({ length: 8 }, () => openStore(empty.url, { max: 3 }));
    try {
      expect(await pendingMigrations(stores[0]!)).toContain('kombo.ats_applications');
      const first = await Promise.all(stores.map((one) => migrate(one)));
      const applied = first.map((one) => one.applied.length).sort((a, b) => b - a);
      expect(applied).toEqual([2 * CATALOGUE.length + 2, 0, 0, 0, 0, 0, 0, 0]);
      const second = await Promise.all(stores.map((one) => migrate(one)));
      expect(second.flatMap((one) => one.applied)).toEqual([]);
      expect(await pendingMigrations(stores[0]!)).toEqual([]);
    } finally {
      await Promise.all(stores.map(async (store) => store.close()));
    }
  });

  test('a missing column is added to a filled table and filled from raw; only values that do not fit are null', async () => {
    const store = await createTestStore();
    const count = 4_500;
    const absences = Array.from({ length: count }, (_, index) => ({
      id: `a${index}`,
      amount: index,
      start_date: '2026-07-01',
      status: index % 2 ? 'APPROVED' : null,
    }));
    await write(store, 'bombohr:1', ABSENCES, absences, underWay('10:00:00'));
    await write(
      store,
      'bombohr:2',
      ABSENCES,
      [
        '{"id":"exact","amount":12345678901234567890.5}',
        { id: 'misfit', amount: 'many', status: 'OK' },
        { id: 'none' },
      ],
      underWay('10:00:00'),
    );
    await store.pool.query(
      'alter table kombo.hris_absences drop column amount cascade, drop column status cascade',
    );
    const pending = ['kombo.hris_absences (amount, status)', 'kombo_live.hris_absences'];
    expect(await pendingMigrations(store)).toEqual(pending);
    const [done, other] = await Promise.all([migrate(store), migrate(store)]);
    expect([...done.applied, ...other.applied]).toEqual(pending);

    const { rows } = await store.pool.query<{ wrong: number }>(
      `select count(*)::int as wrong from kombo.hris_absences where integration_id = 'bombohr:1'
         and (amount is distinct from (raw->>'amount')::numeric or status is distinct from raw->>'status')`,
    );
    expect(rows).toEqual([{ wrong: 0 }]);
    expect(await readRow(store, 'bombohr:2', 'hris_absences', 'exact')).toMatchObject({
      amount: '12345678901234567890.5',
    });
    expect(await readRow(store, 'bombohr:2', 'hris_absences', 'misfit')).toMatchObject({
      amount: null,
      status: 'OK',
      raw: { amount: 'many' },
    });
    expect(await readRow(store, 'bombohr:2', 'hris_absences', 'none')).toMatchObject({ amount: null });
    expect(await feed(store, 'bombohr:2')).toHaveLength(3);
    const before = await rowVersions(store, 'hris_absences');
    await migrate(store);
    expect(await rowVersions(store, 'hris_absences')).toEqual(before);
  });

  test('rows that an older version writes have null in a new column', async () => {
    const store = await createTestStore();
    await store.pool.query('alter table kombo.ats_tags add column of_tomorrow text');
    await write(store, 'bombohr:1', '/ats/tags', [{ id: 'a', of_tomorrow: 'x' }], underWay('10:00:00'));
    expect(await readRow(store, 'bombohr:1', 'ats_tags', 'a')).toMatchObject({
      of_tomorrow: null,
      raw: { of_tomorrow: 'x' },
    });
    expect(await migrate(store)).toEqual({ applied: [] });
  });

  test('a view shows your own id for each integration, and is created again if it was dropped', async () => {
    const store = await createTestStore();
    const mine = {
      id: 'bombohr:1',
      tool: 'bombohr',
      category: 'HRIS',
      organizationName: 'Acme',
      originId: '36123',
    };
    await saveIntegration(store, mine);
    await store.pool.query('drop view kombo.integrations');
    expect(await pendingMigrations(store)).toEqual(['kombo.integrations']);
    expect((await migrate(store)).applied).toEqual(['kombo.integrations']);
    expect((await store.pool.query('select * from kombo.integrations')).rows).toEqual([
      {
        integration_id: 'bombohr:1',
        origin_id: '36123',
        organization_name: 'Acme',
        tool: 'bombohr',
        category: 'HRIS',
        status: 'active',
      },
    ]);
  });

  test('every schema, table, view and column that you read has a comment, and every endpoint has its table', async () => {
    const store = await createTestStore();
    const { rows: columns } = await store.pool.query<{
      table: string;
      isTable: boolean;
      column: string;
      comment: string | null;
    }>(
      `select c.relname::text as table, c.relkind = 'r' as "isTable", a.attname::text as column,
         col_description(c.oid, a.attnum) as comment
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relnamespace in ('kombo'::regnamespace, 'kombo_live'::regnamespace) and c.relkind in ('r', 'v')`,
    );
    expect(columns.filter(({ comment }) => !comment)).toEqual([]);
    const { rows: tables } = await store.pool.query<{ name: string; comment: string | null }>(
      `select relname::text as name, obj_description(oid) as comment from pg_class
       where relnamespace = any('{kombo, kombo_live, kombo_sync}'::regnamespace[]) and relkind in ('r', 'v')
         and relname not like 'migrations%'
       union all select nspname::text, obj_description(oid) from pg_namespace where nspname like 'kombo%'`,
    );
    expect(tables.length).toBeGreaterThan(2 * CATALOGUE.length + 3);
    expect(tables.filter(({ comment }) => !comment)).toEqual([]);
    for (const endpoint of CATALOGUE) {
      const own = columns
        .filter(({ table, isTable }) => isTable && table === endpoint.table)
        .map(({ column }) => column);
      expect(own.sort()).toEqual([...Object.keys(SYSTEM_COLUMNS), ...Object.keys(endpoint.fields)].sort());
    }
  });

  test('a step that fails is an error, and the next run continues from there', async () => {
    const store = await createEmptyStore();
    await store.pool.query('create schema kombo; create view kombo.ats_jobs as select 1 as nothing');
    await expect(migrate(store)).rejects.toThrow('ats_jobs');
    await store.pool.query('drop view kombo.ats_jobs');
    expect((await migrate(store)).applied).toContain('kombo.ats_jobs');
    expect(await pendingMigrations(store)).toEqual([]);
  });

  test('a worker continues to write while a step adds a column to the passes', async () => {
    const own = await createTestStore();
    // One connection with prepared statements that are older than the column.
    const worker = openStore(own.url, { max: 1 });
    try {
      const pass = await open(worker, 'bombohr:1', ABSENCES, 'full');
      const first = await commitPage(worker, pass, makePage(ABSENCES, [{ id: 'a' }], { next: 'p2' }), PLAIN);
      expect(first.pass).toEqual(await getPass(worker, pass.id));
      await own.pool.query('alter table kombo_sync.passes add column audit integer');
      const second = await commitPage(worker, first.pass, makePage(ABSENCES, [{ id: 'b' }]), PLAIN);
      expect(second.pass).toMatchObject({ state: 'completed', created: 2 });
    } finally {
      await worker.close();
    }
  });
});
