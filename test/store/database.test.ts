import { afterAll, beforeAll, expect, test } from 'vitest';
import { transaction } from '../../src/store/database.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);
beforeAll(() => void process.on('uncaughtException', note));
afterAll(() => void process.off('uncaughtException', note));

const end = (pid: number) => store.pool.query('select pg_terminate_backend($1, 5000)', [pid]);

test('a connection that breaks while in use fails its transaction, not the process', async () => {
  const broken = transaction(store.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await end(rows[0]!.pid);
    // Between two queries, no statement could report it.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await client.query('select 1');
  });
  await expect(broken).rejects.toThrow('connection error');
  const waiting = transaction(store.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const [sleeping] = await Promise.allSettled([client.query('select pg_sleep(10)'), end(rows[0]!.pid)]);
    if (sleeping.status === 'rejected') throw sleeping.reason as Error;
  });
  await expect(waiting).rejects.toMatchObject({ code: '57P01' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(uncaught).toEqual([]);
  expect((await store.pool.query('select 1')).rowCount).toBe(1);
});
