import { openStore, type Store } from '../../src/store/database.ts';
import { createTestStore } from './database.ts';

/** A store whose database has the time that a test sets. It has one connection, since the time holds only there. */
export interface ClockedStore extends Store {
  setClock(time: Date): Promise<void>;
}

/** Virtual time: a schema for tests has a `clock_timestamp()` that hides Postgres's own. Close the store at the end. */
export async function createClockedStore(): Promise<ClockedStore> {
  const test = await createTestStore();
  await test.pool.query('create schema test_clock');
  await test.pool.query(`create function test_clock.clock_timestamp() returns timestamptz language sql stable
    as $$ select current_setting('test.clock')::timestamptz $$`);
  const name = new URL(test.url).pathname.slice(1);
  await test.pool.query(`alter database "${name}" set search_path = test_clock, public, pg_catalog`);
  await test.pool.query(`alter database "${name}" set synchronous_commit = off`);
  const store = openStore(test.url, { max: 1 });
  return {
    ...store,
    setClock: async (time) => {
      await store.pool.query(`select set_config('test.clock', $1, false)`, [time.toISOString()]);
    },
  };
}
