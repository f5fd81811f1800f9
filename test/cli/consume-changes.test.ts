import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { startScript } from './spawn.ts';

let store: Awaited<ReturnType<typeof createTestStore>>;

beforeAll(async () => {
  store = await createTestStore();
});

afterAll(() => store.close());

const SCRIPT = 'examples/consume-changes.ts';
const env = () => ({ DATABASE_URL: store.url });

/** Writes changes as a pass does, in one transaction. */
async function writeChanges(
  count: number,
  client: { query(text: string, values?: unknown[]): Promise<unknown> },
) {
  await client.query(`select kombo_sync.begin_write('consumer test')`);
  await client.query(
    `insert into kombo_sync.changes (integration_id, table_name, id, op)
     select 'x:1', 'ats_jobs', 'job ' || n, 'created' from generate_series(1, $1::int) n`,
    [count],
  );
}

async function inTransaction(count: number): Promise<void> {
  const client = await store.pool.connect();
  try {
    await client.query('begin');
    await writeChanges(count, client);
    await client.query('commit');
  } finally {
    client.release();
  }
}

async function tally(): Promise<number> {
  const { rows } = await store.pool.query<{ changes: number }>(
    'select coalesce(sum(changes), 0)::int as changes from consumer_example.tally',
  );
  return rows[0]!.changes;
}

test('two runs handle each change once', async () => {
  await inTransaction(1_201);
  const first = await startScript(SCRIPT, ['--once'], env()).finished;
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(await tally()).toBe(1_201);
  const second = await startScript(SCRIPT, ['--once'], env()).finished;
  expect(second).toMatchObject({ code: 0, stdout: '' });
  expect(await tally()).toBe(1_201);
});

test('a change that commits late is not skipped', async () => {
  const before = await tally();
  const late = await store.pool.connect();
  try {
    await late.query('begin');
    await late.query(`select kombo_sync.begin_write('a late transaction')`);
    await late.query(
      `insert into kombo_sync.changes (integration_id, table_name, id, op) values ('x:1', 'ats_jobs', 'late', 'created')`,
    );
    await inTransaction(10);
    await startScript(SCRIPT, ['--once'], env()).finished;
    await late.query('commit');
  } finally {
    late.release();
  }
  await startScript(SCRIPT, ['--once'], env()).finished;
  expect(await tally()).toBe(before + 11);
});

test('a consumer that is killed and started again neither loses nor repeats a change', async () => {
  const before = await tally();
  await inTransaction(5_000);
  const killed = startScript(SCRIPT, [], env());
  await killed.printed('Handled');
  killed.kill('SIGKILL');
  await killed.finished;
  await startScript(SCRIPT, ['--once'], env()).finished;
  expect(await tally()).toBe(before + 5_000);
});

test('two consumers at once share the changes', async () => {
  const before = await tally();
  await inTransaction(2_000);
  const both = [startScript(SCRIPT, ['--once'], env()), startScript(SCRIPT, ['--once'], env())];
  for (const one of both) expect((await one.finished).code).toBe(0);
  expect(await tally()).toBe(before + 2_000);
});

test('a consumer that follows the feed wakes at a notification, and SIGTERM ends it with exit code 0', async () => {
  const before = await tally();
  const following = startScript(SCRIPT, [], env());
  await inTransaction(3);
  await following.printed('Handled 3 changes');
  await inTransaction(2);
  await store.pool.query('notify kombo_sync_changes');
  await following.printed('Handled 2 changes');
  following.kill('SIGTERM');
  expect((await following.finished).code).toBe(0);
  expect(await tally()).toBe(before + 5);
});

test('an idle connection that is cut is replaced, and no change is lost', async () => {
  const before = await tally();
  const following = startScript(SCRIPT, [], env());
  await inTransaction(3);
  await following.printed('Handled 3 changes');
  // A connection that waits for a notification is idle.
  await expect.poll(cut).toBeGreaterThan(0);
  await following.logged('trying again');
  await inTransaction(4);
  await following.printed('Handled 4 changes');
  following.kill('SIGTERM');
  const { code, stderr } = await following.finished;
  expect(code).toBe(0);
  expect(stderr).toMatch(/^\S.*; trying again in \d s\n$/);
  expect(await tally()).toBe(before + 7);
});

test('a consumer that comes too late stops, and continues with the kept changes only with --from-oldest', async () => {
  await inTransaction(3);
  const before = await tally();
  await store.pool.query(
    'delete from kombo_sync.changes where seq < (select max(seq) from kombo_sync.changes)',
  );
  await store.pool.query(
    `update kombo_sync.changes_removed set up_to = (select max(seq) - 1 from kombo_sync.changes), newest_at = now()`,
  );
  for (const args of [['--once'], []]) {
    const { code, stdout, stderr } = await startScript(SCRIPT, args, env()).finished;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^The change feed does not reach back to position \d+\. Changes up to \d+, .*--from-oldest\n$/,
    );
  }
  expect(await tally()).toBe(before);
  const last = await startScript(SCRIPT, ['--once', '--from-oldest'], env()).finished;
  expect(last).toMatchObject({ code: 0, stderr: '' });
  expect(await tally()).toBe(before + 1);
  expect((await startScript(SCRIPT, ['--once'], env()).finished).code).toBe(0);
});

test('with --once, a database that is away ends it with a message and exit code 1', async () => {
  const { code, stderr } = await startScript(SCRIPT, ['--once'], {
    DATABASE_URL: 'postgres://a@127.0.0.1:1/b',
  }).finished;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^connect ECONNREFUSED 127\.0\.0\.1:1\n$/);
});

test('SIGTERM ends it at once while it waits to try again', async () => {
  const following = startScript(SCRIPT, [], { DATABASE_URL: 'postgres://a@127.0.0.1:1/b' });
  await following.logged('trying again');
  following.kill('SIGTERM');
  expect((await following.finished).code).toBe(0);
});

/** Ends the example's connections from the server's side. Returns how many there were. */
async function cut(): Promise<number> {
  const { rowCount } = await store.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'consume-changes' and state = 'idle'`,
  );
  return rowCount ?? 0;
}
