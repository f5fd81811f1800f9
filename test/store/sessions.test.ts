import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { openStore, patiently, transaction } from '../../src/store/database.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();

const SETTINGS = {
  statement_timeout: 30_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 20_000,
};

interface Session {
  pid: number;
  /** The settings in milliseconds, and the source of each. */
  settings: Record<string, number>;
  sources: string[];
}

const LOOK = `select pg_backend_pid() as pid, jsonb_object_agg(name, setting::int) as settings,
    array_agg(distinct source) as sources
  from pg_settings where name = any($1)`;

async function look(
  query: (text: string, values: unknown[]) => Promise<{ rows: Session[] }>,
): Promise<Session> {
  const { rows } = await query(LOOK, [Object.keys(SETTINGS)]);
  return rows[0]!;
}

describe('(I26) each connection', () => {
  test('has timeouts, so that a frozen process loses its locks and no wait for a lock is long', async () => {
    const sessions: Session[] = [];
    let arrived = 0;
    const all = Promise.withResolvers<void>();
    await Promise.all(
      Array.from({ length: 6 }, () =>
        transaction(store.pool, async (client) => {
          sessions.push(await look((text, values) => client.query<Session>(text, values)));
          arrived += 1;
          if (arrived === 6) all.resolve();
          await all.promise;
        }),
      ),
    );
    expect(new Set(sessions.map(({ pid }) => pid)).size).toBe(6);
    for (const { settings } of sessions) expect(settings).toEqual(SETTINGS);
  });

  test('gets its settings after it is opened, because poolers refuse them in the startup packet', async () => {
    const { sources } = await look((text, values) => store.pool.query<Session>(text, values));
    expect(sources).toEqual(['session']);
  });

  test('gets its settings too if it replaces a broken one', async () => {
    const own = openStore(store.url, { max: 1 });
    try {
      const ask = () => look((text, values) => own.pool.query<Session>(text, values));
      const before = await ask();
      await store.pool.query('select pg_terminate_backend($1, 5000)', [before.pid]);
      await expect.poll(() => ask().catch(() => undefined)).toMatchObject({ settings: SETTINGS });
      expect((await ask()).pid).not.toBe(before.pid);
    } finally {
      await own.close();
    }
  });

  test('gives up a lock that it does not get, and can be used afterwards', async () => {
    const name = `lock_${Date.now()}`;
    await store.pool.query(`create table public.${name} (x integer)`);
    const { promise: done, resolve: release } = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const holding = transaction(store.pool, async (client) => {
      await client.query(`lock table public.${name}`);
      locked.resolve();
      await done;
    });
    await locked.promise;
    const started = performance.now();
    await expect(store.pool.query(`insert into public.${name} values (1)`)).rejects.toMatchObject({
      code: '55P03',
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    release();
    await holding;
    await store.pool.query(`insert into public.${name} values (1)`);
  });
});

test('only a statement over a whole table may take ten minutes', async () => {
  const own = openStore(store.url, { max: 1 });
  try {
    const timeout = `select setting::int as ms from pg_settings where name = 'statement_timeout'`;
    const { rows } = await patiently(own.pool, (query) => query<{ ms: number }>(timeout));
    expect(rows).toEqual([{ ms: 600_000 }]);
    expect((await own.pool.query(timeout)).rows).toEqual([{ ms: 30_000 }]);
  } finally {
    await own.close();
  }
});

test('a connection with an answer that may still arrive is not used again', async () => {
  const own = openStore(store.url, { max: 1 });
  try {
    const pid = async () =>
      (await own.pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
    const first = await pid();
    const refused = transaction(own.pool, (client) => client.query('select 1 / 0'));
    await expect(refused).rejects.toMatchObject({ code: '22012' });
    expect(await pid()).toBe(first);
    const broken = transaction(own.pool, () => Promise.reject(new Error('Query read timeout')));
    await expect(broken).rejects.toThrow('Query read timeout');
    expect(await pid()).not.toBe(first);
  } finally {
    await own.close();
  }
});

test('a connection whose single statement was too late is not used again either', async () => {
  const own = openStore(store.url, { max: 1 });
  try {
    const client = await own.pool.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const late = client.query({ text: 'select pg_sleep(2)', query_timeout: 50 } as pg.QueryConfig);
    await expect(late).rejects.toThrow('Query read timeout');
    client.release();
    const next = await own.pool.query<{ pid: number }>('select pg_backend_pid() as pid');
    expect(next.rows[0]!.pid).not.toBe(rows[0]!.pid);
  } finally {
    await own.close();
  }
});

test('a pooler that hides itself is recognized by its first error, and the statement is repeated', async () => {
  const own = openStore(store.url, { max: 1 });
  const named = { name: 'one', text: 'select 1 as one' };
  try {
    await own.pool.query(named);
    expect(own.isPooled()).toBe(false);
    // Simulates another server connection.
    await own.pool.query('deallocate all');
    expect((await transaction(own.pool, (client) => client.query(named))).rows).toEqual([{ one: 1 }]);
    expect(own.isPooled()).toBe(true);
    expect((await own.pool.query(named)).rows).toEqual([{ one: 1 }]);
  } finally {
    await own.close();
  }
});
