/**
 * How fast pages get into Postgres: this project's statement beside the usual ways, in one run on one machine.
 *
 *   npm run bench:write                  three rounds of 15,000 records
 *   npm run bench:write -- --growth      the table grows to a million rows; the speed of each step is shown
 *
 * Uses DATABASE_URL (a scratch database: schemas kombo and kombo_sync are made in it) or an embedded Postgres.
 */
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import type pg from 'pg';
import { Kysely, PostgresDialect } from 'kysely';
import { getEndpoint } from '../src/domain/catalogue/index.ts';
import { prepareRecords } from '../src/domain/records.ts';
import { exactNumber, parseExact } from '../src/kombo/json.ts';
import { openStore, transaction, type Store } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { beginWrite, writeRecords } from '../src/store/write-records.ts';
import { benchDatabase } from './support/database.ts';
import { makePages } from './support/records.ts';

const PAGE = 250;
const PAGES = 60;
const ROUNDS = 3;
const INTEGRATION = 'bench:one';
const endpoint = getEndpoint('/ats/applications');
const fields = Object.keys(endpoint.fields);
const columns = [
  'integration_id',
  'id',
  ...fields,
  'raw',
  'changed_at',
  'remote_deleted_at',
  'deleted_at',
  'observed_at',
];

type Row = Record<string, unknown>;
type Way = (pages: readonly string[], observedAt: Date) => Promise<void>;

async function main(): Promise<void> {
  const database = await benchDatabase();
  const store = openStore(database.url);
  try {
    await migrate(store);
    await prepareTables(store);
    if (process.argv.includes('--growth')) await growth(store);
    else await compare(store);
  } finally {
    await store.close();
    await database.stop();
  }
}

async function compare(store: Store): Promise<void> {
  const ways: Record<string, Way> = {
    'this project (guard, dedupe, counts, change feed)': (pages, at) => ours(store, INTEGRATION, pages, at),
    'multi-row VALUES through Kysely, guarded upsert': (pages, at) => multiRow(store, pages, at),
    'one statement per row, guarded upsert': (pages, at) => perRow(store, pages, at, 1),
    'one statement per row, 5 in flight, guarded upsert': (pages, at) => perRow(store, pages, at, 5),
    'plain COPY, unindexed, insert only': (pages, at) => copy(store, pages, at),
  };
  const first = makePages(endpoint, { pages: PAGES, size: PAGE, version: 1 });
  const second = makePages(endpoint, { pages: PAGES, size: PAGE, version: 2 });
  print(
    `${PAGES * PAGE} records of ${Math.round(first[0]!.length / PAGE)} bytes, ${PAGE} a page, one connection but where more are named`,
  );
  const results = new Map<string, number[][]>();
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      await store.pool.query('truncate kombo.ats_applications, kombo_sync.changes, bench_rows, bench_copy');
      const insertOnly = name.startsWith('plain COPY');
      const speeds = [await measure(way, first, new Date(1_000))];
      if (!insertOnly) {
        speeds.push(await measure(way, second, new Date(2_000)), await measure(way, second, new Date(3_000)));
      }
      results.set(name, [...(results.get(name) ?? []), speeds]);
    }
  }
  print('\nrows/s, median of the rounds                             insert    update     no-op');
  for (const [name, rounds] of results) {
    const cells = [0, 1, 2].map((step) => {
      const values = rounds.flatMap((round) => round[step] ?? []).sort((a, b) => a - b);
      return (values[Math.floor(values.length / 2)]?.toFixed(0) ?? '-').padStart(10);
    });
    print(name.padEnd(54) + cells.join(''));
  }
}

async function growth(store: Store): Promise<void> {
  await store.pool.query('truncate kombo.ats_applications, kombo_sync.changes');
  print('rows in the table    insert rows/s    no-op rows/s    resident MB');
  for (let size = 0; size < 1_000_000;) {
    const pages = makePages(endpoint, { pages: 40, size: PAGE, version: 1, firstId: size });
    const insert = await measure((list, at) => ours(store, INTEGRATION, list, at), pages, new Date(1_000));
    const noop = await measure((list, at) => ours(store, INTEGRATION, list, at), pages, new Date(2_000));
    size += 40 * PAGE;
    const grown = size >= 100_000 ? size % 100_000 === 0 : size === 10_000 || size === 50_000;
    if (grown) {
      const rss = Math.round(process.memoryUsage().rss / 1e6);
      print(
        `${String(size).padStart(17)}${insert.toFixed(0).padStart(17)}${noop.toFixed(0).padStart(16)}${String(rss).padStart(15)}`,
      );
    }
  }
}

async function measure(way: Way, pages: readonly string[], observedAt: Date): Promise<number> {
  const start = performance.now();
  await way(pages, observedAt);
  return (pages.length * PAGE * 1000) / (performance.now() - start);
}

/** How long Kombo takes to answer, at the very least. */
const NETWORK_MS = 2;

/** What a pass does, from the JSON text on: as in `activities/sync-endpoint.ts`, the next page is read while one is written. */
async function ours(
  store: Store,
  integrationId: string,
  pages: readonly string[],
  observedAt: Date,
): Promise<void> {
  const target = { integrationId, endpoint, observedAt, driftBefore: null, passId: null };
  const options = { eraseEmptied: false, keepRejectedBodies: false };
  const read = async (page: string) => {
    await delay(NETWORK_MS);
    return prepareRecords(endpoint, parseExact(page) as unknown[], exactNumber);
  };
  let upcoming = read(pages[0]!);
  for (const next of [...pages.slice(1), undefined]) {
    const { storable, rejected } = await upcoming;
    if (next !== undefined) upcoming = read(next);
    await transaction(store.pool, async (client) => {
      await beginWrite(client, target);
      await writeRecords(client, target, storable, rejected, options, false);
    });
  }
}

function toRow(record: Row, observedAt: Date): Row {
  const row: Row = { integration_id: INTEGRATION, id: record['id'], raw: JSON.stringify(record) };
  for (const name of fields) {
    const value = record[name];
    row[name] = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  }
  return {
    ...row,
    changed_at: record['changed_at'],
    remote_deleted_at: record['remote_deleted_at'],
    deleted_at: record['remote_deleted_at'],
    observed_at: observedAt,
  };
}

const GUARD = `(bench_rows.changed_at, bench_rows.observed_at) <= (excluded.changed_at, excluded.observed_at)
  and bench_rows.raw is distinct from excluded.raw`;

async function multiRow(store: Store, pages: readonly string[], observedAt: Date): Promise<void> {
  const db = new Kysely<Record<string, Row>>({ dialect: new PostgresDialect({ pool: store.pool }) });
  const { sql } = await import('kysely');
  for (const page of pages) {
    const rows = (JSON.parse(page) as Row[]).map((record) => toRow(record, observedAt));
    await db
      .insertInto('bench_rows')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['integration_id', 'id'])
          .doUpdateSet((eb) =>
            Object.fromEntries(columns.slice(2).map((name) => [name, eb.ref(`excluded.${name}`)])),
          )
          .where(sql<boolean>`${sql.raw(GUARD)}`),
      )
      .execute();
  }
}

async function perRow(
  store: Store,
  pages: readonly string[],
  observedAt: Date,
  inFlight: number,
): Promise<void> {
  const text = `insert into bench_rows (${columns.join(', ')}) values (${columns.map((_, i) => `$${i + 1}`).join(', ')})
    on conflict (integration_id, id) do update set ${columns
      .slice(2)
      .map((name) => `${name} = excluded.${name}`)
      .join(', ')}
    where ${GUARD}`;
  for (const page of pages) {
    const queue = (JSON.parse(page) as Row[]).map((record) => toRow(record, observedAt));
    const work = async () => {
      for (let row = queue.pop(); row; row = queue.pop()) {
        const values = valuesOf(row);
        await store.pool.query({ name: 'bench_row', text, values });
      }
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }
}

const valuesOf = (row: Row) => columns.map((name) => row[name]);

async function copy(store: Store, pages: readonly string[], observedAt: Date): Promise<void> {
  const client = await store.pool.connect();
  try {
    for (const page of pages) {
      const lines = (JSON.parse(page) as Row[]).map((record) => {
        const row = toRow(record, observedAt);
        return `${columns.map((name) => escapeCopy(row[name])).join('\t')}\n`;
      });
      const stream = client.query(copyFrom(`copy bench_copy (${columns.join(', ')}) from stdin`));
      await pipeline(Readable.from(lines), stream);
    }
  } finally {
    client.release();
  }
}

function escapeCopy(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  const text = value instanceof Date ? value.toISOString() : `${value as string | number | boolean}`;
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
}

/** The compared ways get the same table as ours has; COPY gets one without any index. */
async function prepareTables(store: Store): Promise<void> {
  const pool: pg.Pool = store.pool;
  await pool.query('drop table if exists bench_rows, bench_copy');
  await pool.query(
    'create table bench_rows (like kombo.ats_applications including all) with (toast_tuple_target = 4080)',
  );
  await pool.query('create table bench_copy (like kombo.ats_applications) with (toast_tuple_target = 4080)');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
