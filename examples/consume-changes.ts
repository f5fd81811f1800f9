/**
 * Handles every change exactly once: put your own logic here. It only needs `pg`.
 *
 *   DATABASE_URL=postgres://… npx node examples/consume-changes.ts          follows until Ctrl-C
 *   DATABASE_URL=postgres://… npx node examples/consume-changes.ts --once   handles the changes so far and ends
 *   … --from-oldest   skips changes that were removed from the feed since the last run
 *
 * The trick: one transaction writes the effect of a change and the position in the feed, so a crash loses both or neither.
 * Effects elsewhere (an email, a call to another service) can happen twice after a crash. Make them harmless to repeat, for
 * example by sending `seq` as an idempotency key.
 */
import { Client, type ClientBase } from 'pg';

/** One row of the feed; the record itself is in `kombo.<table_name>`. */
interface Change {
  /** Position in the feed. A bigint, so text. */
  seq: string;
  integration_id: string;
  table_name: string;
  id: string;
  op: 'created' | 'updated' | 'deleted' | 'restored' | 'erased';
  at: Date;
}

/** Several consumers can follow the same feed, each with its own name. */
const CONSUMER = 'example';
const BATCH = 500;
/** Notifications only save time: if one gets lost, a change waits this long at most. */
const POLL_MS = 5_000;
/** Pause before the next try after an error. */
const RETRY_MS = 1_000;
/**
 * SQLSTATEs of read_changes when changes after the position were removed (CHANGES_RETENTION sets how long the feed keeps
 * them), or when the database has lost the position.
 */
const REMOVED = ['KS001', 'KS002'];

/**
 * Your logic. This one counts changes by table and kind, to show that none is lost and none is counted twice. To read the
 * record, use `select * from kombo.<table_name> where integration_id = $1 and id = $2`. It may already be newer than this
 * change.
 */
async function handle(client: ClientBase, change: Change): Promise<void> {
  await client.query(
    `insert into consumer_example.tally (table_name, op, changes) values ($1, $2, 1)
     on conflict (table_name, op) do update set changes = tally.changes + 1`,
    [change.table_name, change.op],
  );
}

/** Handles the next batch. Returns the number of changes in it. */
async function handleBatch(client: ClientBase): Promise<number> {
  // read_changes only accepts READ COMMITTED transactions, Postgres' default.
  await client.query('begin isolation level read committed');
  try {
    // The lock makes a second process with the same name wait instead of handling the same changes.
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
    // A broken connection has nothing to roll back.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function prepare(client: ClientBase): Promise<void> {
  await client.query(`
    create schema if not exists consumer_example;
    create table if not exists consumer_example.position (consumer text primary key, seq bigint not null);
    create table if not exists consumer_example.tally
      (table_name text, op text, changes bigint not null, primary key (table_name, op))`);
  // Begins with the oldest change in the feed. To see only new changes, start at kombo_sync.changes_horizon().
  await client.query(
    'insert into consumer_example.position values ($1, kombo_sync.changes_oldest()) on conflict do nothing',
    [CONSUMER],
  );
  if (FROM_OLDEST) {
    await client.query(
      'update consumer_example.position set seq = greatest(seq, kombo_sync.changes_oldest()) where consumer = $1',
      [CONSUMER],
    );
  }
}

const ONCE = process.argv.includes('--once');
const FROM_OLDEST = process.argv.includes('--from-oldest');
/** Ends a wait early, on a signal, a notification or a lost connection. */
let wake = () => {};
const woken = () => new Promise<void>((resolve) => (wake = resolve));

async function atMost(ms: number, waiting: Promise<void>): Promise<void> {
  const timer = setTimeout(() => wake(), ms);
  await waiting;
  clearTimeout(timer);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stop.abort();
    wake();
  });
}

/** Follows the feed on its own connection. @throws when the connection breaks or a change cannot be handled. */
async function follow(): Promise<void> {
  const client = new Client({
    connectionString: process.env['DATABASE_URL'],
    application_name: 'consume-changes',
    keepAlive: true,
  });
  let lost: Error | undefined;
  // Only this event reports that an idle connection broke. Without a listener it would end the process.
  client.on('error', (error) => {
    lost ??= error;
    wake();
  });
  client.on('notification', () => wake());
  try {
    await client.connect();
    await client.query('listen kombo_sync_changes');
    await prepare(client);
    while (!stop.signal.aborted) {
      // Armed before reading, so that a notification in between is not missed.
      const waiting = woken();
      const handled = await handleBatch(client);
      if (handled > 0) process.stdout.write(`Handled ${handled} changes\n`);
      else if (ONCE) return;
      else await atMost(POLL_MS, waiting);
    }
  } catch (error) {
    throw lost ?? error;
  } finally {
    await client.end();
  }
}

// After any error, the stored position is that of the last handled change: connect again and continue from there.
while (!stop.signal.aborted) {
  try {
    await follow();
    break;
  } catch (error) {
    // When a host has several addresses, each has its own error, and the error that holds them has no message.
    const { message, code, detail } = error as Error & { code?: string; detail?: string };
    if (REMOVED.includes(code ?? '')) {
      // Trying again would not help: only the tables still show what the removed changes did.
      process.stderr.write(
        `${message} ${detail} Read the tables in schema kombo again, as your logic needs them, then start with --from-oldest\n`,
      );
      process.exitCode = 1;
      break;
    }
    if (ONCE) {
      process.stderr.write(`${message || code}\n`);
      process.exitCode = 1;
      break;
    }
    process.stderr.write(`${message || code}; trying again in ${RETRY_MS / 1_000} s\n`);
    await atMost(RETRY_MS, woken());
  }
}
