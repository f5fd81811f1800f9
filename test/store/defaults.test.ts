import { inject, describe, expect, test } from 'vitest';
import pg from 'pg';
import { loadConfig } from '../../src/config.ts';
import { checkPostgres } from '../../src/doctor/postgres.ts';
import { openStore, transaction } from '../../src/store/database.ts';
import { latestPosition, readChanges } from '../../src/store/feed.ts';
import { migrate } from '../../src/store/migrate.ts';
import { noteSighting, park, pause, resume, unparkByRead } from '../../src/store/state/life.ts';
import { owe, readDebts } from '../../src/store/state/debts.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { temporalAt, testApp } from '../http/support.ts';
import { ask, getPass, open, readRow, write } from './support.ts';

const TAGS = '/ats/tags';
const nameOf = (store: TestStore) => new URL(store.url).pathname.slice(1);
const doctor = async (url: string) => (await checkPostgres(loadConfig({ DATABASE_URL: url }))).checks;

/** The same database, opened after its defaults were changed. */
async function withDefaults(...defaults: string[]) {
  const own = await createTestStore();
  for (const one of defaults) await own.pool.query(`alter database "${nameOf(own)}" set ${one}`);
  return { own, store: openStore(own.url, { max: 8 }) };
}

describe('defaults of a role or a database have no effect', () => {
  test.each(['German', 'SQL, DMY', 'Postgres'])('DateStyle %s: times are parsed right', async (style) => {
    const { store } = await withDefaults(`datestyle = '${style}'`);
    try {
      const pass = await open(store, 'bombohr:1', TAGS, 'full');
      expect(pass.started_at).toBeInstanceOf(Date);
      expect(Math.abs(pass.started_at.getTime() - Date.now())).toBeLessThan(60_000);
      expect((await getPass(store, pass.id))?.watermark_at).toEqual(pass.watermark_at);
      await write(
        store,
        'bombohr:1',
        TAGS,
        [{ id: 'a', changed_at: '2026-03-04T05:06:07Z' }],
        await ask(store),
      );
      expect(await readRow(store, 'bombohr:1', 'ats_tags', 'a')).toMatchObject({
        changed_at: new Date('2026-03-04T05:06:07Z'),
      });
    } finally {
      await store.close();
    }
  });

  test('commits wait for the disk, and statements for as long as they need, despite the defaults', async () => {
    const { store } = await withDefaults('synchronous_commit = off');
    const softer = await withDefaults('synchronous_commit = local');
    try {
      const ask = `select current_setting('synchronous_commit') as waits, current_setting('transaction_timeout', true) as bound`;
      expect((await store.pool.query(ask)).rows).toMatchObject([{ waits: 'on' }]);
      expect((await softer.store.pool.query(ask)).rows).toMatchObject([{ waits: 'local' }]);
    } finally {
      await store.close();
      await softer.store.close();
    }
  });

  test('transactions are READ COMMITTED: the feed is read, and many writers do not fail', async () => {
    const { store } = await withDefaults("default_transaction_isolation = 'serializable'");
    try {
      await saveIntegration(store, { id: 'bombohr:1', tool: 'bombohr', category: 'ATS' });
      const writers = Array.from({ length: 30 }, async (_, index) => {
        await write(store, `bombohr:${index % 3}`, TAGS, [{ id: `a${index}` }], await ask(store));
        await pause(store, 'bombohr:1', `reason ${index}`);
      });
      await Promise.all(writers);
      const { changes } = await readChanges(store, { after: '0', limit: 100 });
      expect(changes).toHaveLength(30);
      expect(await latestPosition(store)).toBe(changes.at(-1)!.seq);
    } finally {
      await store.close();
    }
  });
});

describe('a transaction that Postgres undoes for another is repeated', () => {
  test.each(['40P01', '40001'])('SQLSTATE %s, alone and in a transaction', async (state) => {
    const store = await createTestStore();
    await store.pool.query('create sequence public.tries');
    // Sequences do not roll back.
    await store.pool.query(
      `create function public.fail_twice() returns bigint language plpgsql as $$
       declare n bigint := nextval('public.tries');
       begin if n % 3 <> 0 then raise exception using errcode = '${state}'; end if; return n; end $$`,
    );
    const ask = 'select public.fail_twice() as n';
    expect((await store.pool.query(ask)).rows).toEqual([{ n: 3 }]);
    expect((await transaction(store.pool, (client) => client.query(ask))).rows).toEqual([{ n: 6 }]);
  });

  test('also if a change takes several statements', async () => {
    const store = await createTestStore();
    const id = 'bombohr:1';
    await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    await pause(store, id, 'a test');
    await store.pool.query('create sequence public.tries');
    // Undoes two of every three changes of the integration, or of a debt.
    await store.pool.query(
      `create function public.undo() returns trigger language plpgsql as $$
       begin if nextval('public.tries') % 3 <> 0 then raise exception using errcode = '40001'; end if; return new; end $$;
       create trigger undo before update on kombo_sync.integrations for each row execute function public.undo();
       create trigger undo before insert on kombo_sync.debts for each row execute function public.undo()`,
    );
    expect(await resume(store, id)).toMatchObject({ status: 'active' });
    await owe(store, id, [{ endpoint: TAGS, kind: 'delta' }]);
    expect([...(await readDebts(store, id)).keys()]).toEqual([TAGS]);
    await park(store, id, { code: 'Off', message: 'a test', needsAttention: false, retryInMs: null });
    expect(await unparkByRead(store, id, { unless: [], endpoints: [] })).toBe(true);
    const seen = { id, tool: 'bombohr', category: 'HRIS' as const };
    const sighting = { revive: false, unpark: false, missed: [] };
    expect(await noteSighting(store, seen, sighting)).toMatchObject({ integration: { status: 'active' } });
  });

  test('two transactions in a deadlock both complete', async () => {
    const store = await createTestStore();
    await store.pool.query(
      'create table public.two (id int primary key, n int); insert into public.two values (1, 0), (2, 0)',
    );
    const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const both = [1, 2].map((first, index) =>
      transaction(store.pool, async (client) => {
        await client.query(`set local deadlock_timeout = '50ms'`);
        await client.query('update public.two set n = n + 1 where id = $1', [first]);
        met[index]!.resolve();
        await met[1 - index]!.promise;
        await client.query('update public.two set n = n + 1 where id = $1', [3 - first]);
      }),
    );
    await Promise.all(both);
    expect((await store.pool.query('select n from public.two')).rows).toEqual([{ n: 2 }, { n: 2 }]);
  });
});

test('a database that cannot hold every name is refused by migrate and by doctor', async () => {
  const admin = new pg.Client(inject('databaseUrl'));
  await admin.connect();
  const name = `latin_${Date.now()}`;
  const { rows } = await admin.query<{ has: boolean }>(
    `select current_setting('server_version_num')::int >= 150000 as has`,
  );
  const locale = `${rows[0]!.has ? 'locale_provider libc' : ''} lc_collate 'C' lc_ctype 'C'`;
  await admin.query(`create database ${name} encoding 'LATIN1' template template0 ${locale}`);
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${name}`;
  const store = openStore(url.href, { max: 2 });
  try {
    await expect(migrate(store)).rejects.toThrow(
      `The database ${name} has the encoding LATIN1, which cannot hold every name. Make another one and name it in DATABASE_URL: create database ${name}_utf8 encoding 'UTF8' template template0;`,
    );
    const { rowCount } = await store.pool.query(`select from pg_namespace where nspname like 'kombo%'`);
    expect(rowCount).toBe(0);
    expect(await doctor(url.href)).toContainEqual(
      expect.objectContaining({ status: 'fail', message: expect.stringContaining('LATIN1') as string }),
    );
  } finally {
    await store.close();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
});

test('a read-only database is reported by /readyz and by doctor', async () => {
  const { own, store } = await withDefaults('default_transaction_read_only = on');
  try {
    expect(await doctor(own.url)).toContainEqual(
      expect.objectContaining({
        status: 'fail',
        message: 'The database can only be read now',
        remedy: expect.stringContaining('disk') as string,
      }),
    );
    await expect(migrate(store)).rejects.toThrow('The database can only be read now.');
    const { app } = await testApp({ store, temporal: temporalAt(inject('temporalAddress')) });
    const ready = await app.inject('/readyz');
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({
      database: { ok: false, message: expect.stringContaining('can only be read') as string },
      migrations: { ok: true },
    });
  } finally {
    await store.close();
  }
});
