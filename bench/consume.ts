/**
 * How fast changes come to your code with their rows: `consumeChanges` beside plain SQL that reads the same, in one run.
 *
 *   npm run bench:consume                  five rounds of 100,000 changes in batches of 500
 *   npm run bench:consume -- --rounds 9 --changes 50000
 *   npm run bench:consume -- --table                          the consumer names its table
 *   npm run bench:consume -- --beginning --changes 1000000    the live rows of `from: 'beginning'`, with the memory on the way
 *
 * Uses DATABASE_URL (a scratch database: schemas kombo and kombo_sync are made in it) or an embedded Postgres.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { consumeChanges } from '../src/consumer/index.ts';
import { openStore } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { benchDatabase } from './support/database.ts';

const BATCH = 500;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    changes: { type: 'string', default: '100000' },
    beginning: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
const changes = Number(values.changes);
const database = await benchDatabase();
try {
  const store = openStore(database.url);
  await migrate(store);
  await store.pool.query(
    `insert into kombo.ats_tags (integration_id, id, remote_id, name, raw, changed_at, observed_at, asked_seq, arrived_seq)
     select 'bench:one', md5(n::text), n::text, 'Some tag ' || n, jsonb_build_object('id', md5(n::text), 'remote_id', n::text,
       'name', 'Some tag ' || n, 'remote_data', null, 'changed_at', now(), 'remote_deleted_at', null), now(), now(), 1, 2
     from generate_series(1, $1::int) n`,
    [changes],
  );
  await store.pool.query(
    `insert into kombo_sync.changes (integration_id, table_name, id, op)
     select integration_id, 'ats_tags', id, 'created' from kombo.ats_tags`,
  );
  await store.pool.query('vacuum analyze kombo.ats_tags, kombo_sync.changes');
  await store.close();
  await (values.beginning ? fromBeginning() : besideSql());
} finally {
  await database.stop();
}

/** Both ways read the same changes, in turn. */
async function besideSql(): Promise<void> {
  const times: [number, number][] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    // Each way is the first of a round in turn.
    if (round % 2) times.push([await byConsumer(round), await bySql()]);
    else {
      const sql = await bySql();
      times.push([await byConsumer(round), sql]);
    }
  }
  report(
    'consumeChanges',
    times.map(([own]) => own),
  );
  report(
    'plain SQL, read_changes joined with the table',
    times.map(([, sql]) => sql),
  );
  const ratios = times.map(([own, sql]) => own / sql);
  process.stdout.write(`consumeChanges takes ${median(ratios).toFixed(2)} times as long\n`);
}

/** Hands over every live row, and shows how much memory the process has on the way. */
async function fromBeginning(): Promise<void> {
  const done = new AbortController();
  const megabytes = () => Math.round(process.memoryUsage().rss / 1024 ** 2);
  process.stdout.write(`before: ${megabytes()} MB\n`);
  const start = performance.now();
  let rows = 0;
  await consumeChanges({
    connectionString: database.url,
    consumer: 'bench from the beginning',
    from: 'beginning',
    batch: BATCH,
    signal: done.signal,
    handle({ changes: batch }) {
      const tenth = Math.floor((rows * 10) / changes);
      rows += batch.length;
      if (Math.floor((rows * 10) / changes) > tenth)
        process.stdout.write(`${rows} rows: ${megabytes()} MB\n`);
      if (rows >= changes) done.abort();
    },
  });
  process.stdout.write(`${Math.round((rows * 1_000) / (performance.now() - start))} rows/s\n`);
}

/** Milliseconds until a new consumer has handled everything. */
async function byConsumer(round: number): Promise<number> {
  const done = new AbortController();
  let left = changes;
  const start = performance.now();
  await consumeChanges({
    connectionString: database.url,
    consumer: `bench ${round}`,
    from: 0,
    batch: BATCH,
    ...(values.table ? { tables: ['ats_tags'] as const } : {}),
    signal: done.signal,
    handle({ changes: batch }) {
      left -= batch.filter(({ row }) => row !== null).length;
      if (left === 0) done.abort();
    },
  });
  return performance.now() - start;
}

/** The least that reads the same: one statement a batch, and no position that is kept. */
async function bySql(): Promise<number> {
  const client = new pg.Client(database.url);
  await client.connect();
  const start = performance.now();
  let after = '0';
  for (;;) {
    const { rows } = await client.query<{ seq: string }>(
      `select c.*, t.* from kombo_sync.read_changes($1, $2) c
       left join kombo.ats_tags t on t.integration_id = c.integration_id and t.id = c.id order by c.seq`,
      [after, BATCH],
    );
    const last = rows.at(-1);
    if (!last) break;
    after = last.seq;
  }
  const took = performance.now() - start;
  await client.end();
  return took;
}

function report(name: string, took: readonly number[]): void {
  const rates = took.map((ms) => Math.round((changes * 1_000) / ms));
  process.stdout.write(
    `${name.padEnd(48)}${median(rates)} changes/s (${Math.min(...rates)}-${Math.max(...rates)})\n`,
  );
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
}
