import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { POOLERS } from '../support/pgbouncer.ts';
import { caughtUp, consume, consumerRow, makeTally, newName, tag, tallyOf, writeTags } from './support.ts';

const store = await createTestStore();
await makeTally(store);
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const SCRIPT = path.join(import.meta.dirname, 'consumer-process.ts');

function startProcess(name: string, who: string): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT, store.url, name, who], { stdio: 'inherit' });
  children.push(child);
  return child;
}

const tags = (count: number, name: string) =>
  Array.from({ length: count }, (_, index) => tag(`t${index}`, name));

async function tally(name: string): Promise<{ seq: string; name: string }[]> {
  const { rows } = await store.pool.query<{ seq: string; name: string }>(
    'select seq, name from mine.tally where consumer = $1 order by row_seq',
    [name],
  );
  return rows;
}

/** The process that works, by the pid in its name. */
async function holderOf(name: string): Promise<number> {
  return eventually(async () => {
    const holder = (await consumerRow(store, name))?.['holder'] as string | null | undefined;
    return Number(holder?.split(':').at(-2)) || undefined;
  });
}

test.each(['SIGKILL', 'SIGSTOP'] as const)(
  '(I33) when the active one of three gets %s, another takes over in time, and each change counts once',
  async (signal) => {
    const name = newName();
    const three = ['a', 'b', 'c'].map((who) => startProcess(name, who));
    const first = await holderOf(name);
    await writeTags(store, tags(200, `before ${signal}`));
    await eventually(async () => (await tally(name)).length > 0);
    three.find(({ pid }) => pid === first)!.kill(signal);
    const since = performance.now();
    await writeTags(store, tags(100, `after ${signal}`));
    await eventually(async () => (await holderOf(name)) !== first);
    const took = performance.now() - since;
    await caughtUp(store, name);
    // One that froze inside a transaction is waited for until Postgres ends that: for 20 seconds.
    expect(took).toBeLessThan(signal === 'SIGKILL' ? 10_000 : 28_000);
    for (const child of three) if (child.pid === first) child.kill('SIGCONT');
    await writeTags(store, tags(50, `woken ${signal}`));
    await caughtUp(store, name);
    const handled = await tally(name);
    const { rows } = await store.pool.query<{ seq: string }>(
      'select seq from kombo_sync.changes order by seq',
    );
    expect(handled.map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq));
  },
  90_000,
);

test.each(POOLERS)('(I33) through %s in transaction mode nothing is lost or done twice', async (_, start) => {
  const pooler = await start(store.url, 'transaction');
  const name = newName();
  const running = consume(store, {
    consumer: name,
    connectionString: pooler.url(store.url),
    batch: 30,
    handle: ({ changes, tx }) => tallyOf(name)(tx, changes),
  });
  await caughtUp(store, name);
  await writeTags(store, tags(70, `through ${name}`));
  await caughtUp(store, name);
  await running.stop();
  const { rows } = await store.pool.query<{ seq: string }>('select seq from kombo_sync.changes order by seq');
  expect((await tally(name)).map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq));
});
