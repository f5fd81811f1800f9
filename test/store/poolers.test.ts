import pg from 'pg';
import { inject, describe, expect, test } from 'vitest';
import { followChanges, latestPosition, createChangeNotifier } from '../../src/store/feed.ts';
import { openStore, patiently, transaction, type Store } from '../../src/store/database.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { addDeliveries, listDeliveries } from '../../src/store/state/deliveries.ts';
import { pause, resume } from '../../src/store/state/life.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createEmptyStore, createTestStore } from '../support/database.ts';
import { POOLERS } from '../support/pgbouncer.ts';
import { eventually } from '../support/poll.ts';
import { feed, readRow, underWay, write } from './support.ts';

const TAGS = '/ats/tags';
const MAJOR = await majorVersion();
const SETTINGS = `select jsonb_object_agg(name, setting) as settings from pg_settings
  where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'DateStyle',
    'transaction_isolation', 'row_security', 'synchronous_commit', 'transaction_timeout')`;
const OURS = {
  statement_timeout: '30000',
  lock_timeout: '5000',
  idle_in_transaction_session_timeout: '20000',
  DateStyle: 'ISO, MDY',
  transaction_isolation: 'read committed',
  row_security: 'off',
  synchronous_commit: 'on',
  // From Postgres 17 on.
  ...(MAJOR >= 17 ? { transaction_timeout: '0' } : {}),
};

async function majorVersion(): Promise<number> {
  const client = new pg.Client(inject('databaseUrl'));
  await client.connect();
  const { rows } = await client.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  );
  await client.end();
  return rows[0]!.major;
}

interface Found {
  settings: Record<string, string>;
}

describe.each(POOLERS)('through %s', (_name, start) => {
  describe.each(['session', 'transaction'] as const)('in %s mode', async (mode) => {
    const pooler = await start(inject('databaseUrl'), mode);
    const open = (url: string, max = 6): Store => openStore(pooler.url(url), { max });

    test('several processes at once bring the database up to date', { timeout: 60_000 }, async () => {
      const empty = await createEmptyStore();
      const stores = [open(empty.url, 2), open(empty.url, 2), open(empty.url, 2)];
      try {
        const done = await Promise.all(stores.map((store) => migrate(store)));
        expect(done.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
        expect(await pendingMigrations(stores[0]!)).toEqual([]);
      } finally {
        await Promise.all(stores.map((store) => store.close()));
      }
    });

    test('pages of many integrations are written at once, beside the other work', async () => {
      const own = await createTestStore();
      // In transaction mode, there are more clients than connections of the pooler.
      const stores = [open(own.url), open(own.url)];
      try {
        const ids = Array.from({ length: 24 }, (_, index) => `bombohr:${index}`);
        await Promise.all(
          ids.map(async (id, index) => {
            const store = stores[index % 2]!;
            for (const version of [1, 2, 3]) {
              const records = [{ id: 'a', name: String(version) }, { id: `b${version}` }];
              await write(store, id, TAGS, records, underWay(`10:00:0${version}`));
            }
            await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
            await pause(store, id, 'a test');
            await resume(store, id);
            const at = new Date('2026-07-01T10:00:00.123Z');
            const count = { integrationId: id, type: 'data-changed', outcome: 'accepted' as const };
            await addDeliveries(store, [{ ...count, times: 1, firstAt: at, lastAt: at }]);
            expect(await listDeliveries(store, id)).toMatchObject([{ firstAt: at }]);
          }),
        );
        for (const id of ids) {
          expect(await readRow(own, id, 'ats_tags', 'a')).toMatchObject({ name: '3' });
          expect(await feed(own, id)).toHaveLength(6);
        }
      } finally {
        await Promise.all(stores.map((store) => store.close()));
      }
    });

    test('each statement has its settings, and other programs keep theirs', async () => {
      const own = await createTestStore();
      const name = new URL(own.url).pathname.slice(1);
      await own.pool.query(`alter database "${name}" set default_transaction_isolation = 'serializable'`);
      await own.pool.query(`alter database "${name}" set datestyle = 'German'`);
      await own.pool.query(`alter database "${name}" set synchronous_commit = off`);
      if (MAJOR >= 17) await own.pool.query(`alter database "${name}" set transaction_timeout = '50ms'`);
      const store = open(own.url);
      try {
        const alone = await Promise.all(Array.from({ length: 12 }, () => store.pool.query<Found>(SETTINGS)));
        for (const { rows } of alone) expect(rows[0]!.settings).toEqual(OURS);
        const together = await transaction(store.pool, (client) => client.query<Found>(SETTINGS));
        expect(together.rows[0]!.settings).toEqual(OURS);
        const built = await store.db
          .transaction()
          .execute((db) =>
            db.selectFrom('kombo_sync.integrations').select(db.fn.countAll<number>().as('n')).execute(),
          );
        expect(built).toEqual([{ n: 0 }]);
        const slow = await patiently(store.pool, (query) => query<Found>(SETTINGS));
        expect(slow.rows[0]!.settings).toEqual({ ...OURS, statement_timeout: '600000' });
        await expect(store.pool.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
      } finally {
        await store.close();
      }
      const other = new pg.Client(pooler.url(own.url));
      await other.connect();
      const { rows } = await other.query<{ timeout: string }>(
        `select current_setting('lock_timeout') as timeout`,
      );
      expect(rows).toEqual([{ timeout: '0' }]);
      await other.end();
    });

    test('a direct address is used for migrations, and NOTIFY wakes readers that follow the feed', async () => {
      const own = await createEmptyStore();
      const store = openStore(pooler.url(own.url), { max: 2, directUrl: own.url });
      const stop = new AbortController();
      const following = followChanges(store, { after: '0', signal: stop.signal });
      try {
        // State of a session would be lost in the pooler.
        await migrate(store);
        const locks = async () => {
          const { rows } = await own.pool.query<{ n: number }>(
            `select count(*)::int as n from pg_locks where locktype = 'advisory'
             and database = (select oid from pg_database where datname = current_database())`,
          );
          return rows;
        };
        // A connection that is being closed keeps its locks for a moment.
        await expect.poll(locks).toEqual([{ n: 0 }]);
        const listening = following.next();
        await eventually(async () => {
          const { rowCount } = await own.pool.query(
            `select from pg_stat_activity where datname = current_database() and query like '%read_changes%' and pid <> pg_backend_pid()`,
          );
          return rowCount === 1;
        });
        const began = performance.now();
        await write(store, 'bombohr:1', TAGS, [{ id: 'a' }], underWay('10:00:00'));
        createChangeNotifier(store)();
        expect((await listening).value).toMatchObject({ id: 'a' });
        expect(performance.now() - began).toBeLessThan(4_000);
        expect([store.isPooled(), store.direct.pooler.isThere]).toEqual([true, false]);
      } finally {
        stop.abort();
        await following.return(undefined);
        await store.close();
      }
    });

    test('the feed can be followed', async () => {
      const own = await createTestStore();
      const store = open(own.url);
      const stop = new AbortController();
      const seen: string[] = [];
      const after = await latestPosition(store);
      const following = (async () => {
        for await (const change of followChanges(store, { after, signal: stop.signal })) seen.push(change.id);
      })();
      try {
        await write(store, 'bombohr:1', TAGS, [{ id: 'a' }], underWay('10:00:00'));
        createChangeNotifier(store)();
        await eventually(() => seen.length === 1, { timeoutMs: 4_000 });
        expect(seen).toEqual(['a']);
      } finally {
        stop.abort();
        await following;
        await store.close();
      }
    });
  });
});
