/**
 * Handles every change exactly once: where your own logic goes. It needs nothing but `pg`.
 *
 *   DATABASE_URL=postgres://… npx node examples/consume-changes.ts          follows until Ctrl-C
 *   DATABASE_URL=postgres://… npx node examples/consume-changes.ts --once   handles what is there and ends
 *
 * The trick is that the effect of a change and the position in the feed are written in one transaction: a crash loses
 * both or neither. Effects elsewhere (a mail, a call to another service) can happen twice after a crash; make them
 * harmless to repeat, for example by sending `seq` along as an idempotency key.
 */
import { Client, type ClientBase } from 'pg';

/** One row of the feed; the record itself is in `kombo.<table_name>`. */
interface Change {
  /** Position in the feed. A bigint, so text. */
  seq: string;
  integration_id: string;
  table_name: string;
  id: string;
  op: 'created' | 'updated' | 'deleted' | 'restored';
  at: Date;
}

/** Several consumers may follow the same feed, each with a name of its own. */
const CONSUMER = 'example';
const BATCH = 500;
/** A notification only saves waiting: should one get lost, this is how long a change waits at most. */
const POLL_MS = 5_000;

/**
 * Your logic. This one counts changes by table and kind, which shows best that none is lost and none is counted twice.
 * Read the record by `select * from kombo.<table_name> where integration_id = $1 and id = $2`: that is its newest state,
 * which may already be newer than this change.
 */
async function handle(client: ClientBase, change: Change): Promise<void> {
  await client.query(
    `insert into consumer_example.tally (table_name, op, changes) values ($1, $2, 1)
     on conflict (table_name, op) do update set changes = tally.changes + 1`,
    [change.table_name, change.op],
  );
}

/** Handles the next batch. Returns how many changes it held. */
async function handleBatch(client: ClientBase): Promise<number> {
  // The feed must be read in a READ COMMITTED transaction, Postgres' default; it refuses others.
  await client.query('begin isolation level read committed');
  try {
    // The lock lets a second process with the same name wait instead of handling the same changes.
    const { rows: positions } = await client.query<{ seq: string }>(
      'select seq from consumer_example.position where consumer = $1 for update',
      [CONSUMER],
    );
    const { rows: changes } = await client.query<Change>(
      'select seq, integration_id, table_name, id, op, at from kombo_sync.read_changes($1, $2)',
      [positions[0]!.seq, BATCH],
    );
    for (const change of changes) await handle(client, change);
    await client.query('update consumer_example.position set seq = $2 where consumer = $1', [
      CONSUMER,
      changes.at(-1)?.seq ?? positions[0]!.seq,
    ]);
    await client.query('commit');
    return changes.length;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function prepare(client: ClientBase): Promise<void> {
  await client.query(`
    create schema if not exists consumer_example;
    create table if not exists consumer_example.position (consumer text primary key, seq bigint not null);
    create table if not exists consumer_example.tally
      (table_name text, op text, changes bigint not null, primary key (table_name, op))`);
  // 0 is the beginning of the feed; to see only what comes, start at kombo_sync.changes_horizon().
  await client.query('insert into consumer_example.position values ($1, 0) on conflict do nothing', [
    CONSUMER,
  ]);
}

const stop = new AbortController();
let wake = () => {};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stop.abort();
    wake();
  });
}

const client = new Client({ connectionString: process.env['DATABASE_URL'] });
await client.connect();
client.on('notification', () => wake());
await client.query('listen kombo_sync_changes');
await prepare(client);

while (!stop.signal.aborted) {
  // Armed before reading, so that a notification that comes meanwhile is not missed.
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const handled = await handleBatch(client);
  if (handled > 0) process.stdout.write(`Handled ${handled} changes\n`);
  else if (process.argv.includes('--once')) break;
  else {
    const timer = setTimeout(() => wake(), POLL_MS);
    await woken;
    clearTimeout(timer);
  }
}
await client.end();
