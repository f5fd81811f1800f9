import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { from as copyFrom } from 'pg-copy-streams';
import type { EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import type { Fields } from '../../src/domain/fields/policy.ts';
import { prepareRecords } from '../../src/domain/records.ts';
import { STORES_ALL } from '../../src/kombo/fields.ts';
import { exactNumber, parseExact } from '../../src/kombo/json.ts';
import { openStore, transaction, type Store } from '../../src/store/database.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import { beginWrite } from '../../src/store/records/begin-write.ts';
import { writeRecords } from '../../src/store/records/write-records.ts';

/** A way to write pages to Postgres, with its own table and connections. */
export interface Way {
  readonly name: string;
  readonly table: string;
  readonly insertOnly: boolean;
  /** The table of its change feed. */
  readonly feed?: string;
  write(pages: readonly string[], observedAt: Date): Promise<void>;
  close(): Promise<void>;
}

export type Row = Record<string, unknown>;

const INTEGRATION = 'bench:one';
export const CHANGES = 'bench_changes';

/** The shortest time that Kombo can take to answer. */
const NETWORK_MS = 2;

/** What a pass does with the JSON text. Like `sync-endpoint.ts`, it reads the next page while it writes one. */
export function ours(
  url: string,
  endpoint: EndpointDefinition,
  fields: Fields = STORES_ALL,
  name = 'this project: guard, dedupe, counts, change feed',
): Way {
  const store = openStore(url, { max: 1 });
  const options = { ERASE_EMPTIED: false, KEEP_REJECTED_BODIES: false, fields };
  const read = async (page: string) => {
    await delay(NETWORK_MS);
    return prepareRecords(endpoint, parseExact(page) as unknown[], exactNumber, fields.incoming(endpoint));
  };
  return {
    name,
    table: `kombo.${endpoint.table}`,
    insertOnly: false,
    feed: 'kombo_sync.changes',
    async write(pages, observedAt) {
      const place = { integrationId: INTEGRATION, endpoint };
      const askedSeq = await drawObservation(store);
      let upcoming = read(pages[0]!);
      for (const next of [...pages.slice(1), undefined]) {
        const { storable, rejected } = await upcoming;
        if (next !== undefined) upcoming = read(next);
        await transaction(store.pool, async (client) => {
          const arrivedSeq = await beginWrite(client, place);
          const target = { ...place, observedAt, askedSeq, arrivedSeq, driftBefore: null, passId: null };
          await writeRecords(client, target, storable, rejected, options, false);
        });
      }
    },
    close: () => store.close(),
  };
}

export function multiRow(url: string, endpoint: EndpointDefinition): Way {
  const store = openStore(url, { max: 1 });
  const db = new Kysely<Record<string, Row>>({ dialect: new PostgresDialect({ pool: store.pool }) });
  const columns = columnsOf(endpoint);
  return {
    name: 'multi-row VALUES through Kysely, guarded upsert',
    table: 'bench_values',
    insertOnly: false,
    async write(pages, observedAt) {
      for (const page of pages) {
        await db
          .insertInto('bench_values')
          .values(rowsOf(JSON.parse(page) as Row[], endpoint, observedAt))
          .onConflict((conflict) =>
            conflict
              .columns(['integration_id', 'id'])
              .doUpdateSet((eb) =>
                Object.fromEntries(columns.slice(2).map((name) => [name, eb.ref(`excluded.${name}`)])),
              )
              .where(sql<boolean>`${sql.raw(guard('bench_values'))}`),
          )
          .execute();
      }
    },
    close: () => store.close(),
  };
}

/** What most services do: a prepared statement for each row, without counts and without a change feed. */
export function rowByRow(url: string, endpoint: EndpointDefinition, inFlight: number): Way {
  const store = openStore(url, { max: inFlight });
  const table = `bench_row_${inFlight}`;
  const text = upsertOfOneRow(table, endpoint);
  const more = inFlight > 1 ? `, ${inFlight} in flight` : '';
  return {
    name: `one statement per row${more}, guarded upsert`,
    table,
    insertOnly: false,
    write: (pages, observedAt) =>
      eachRow(pages, endpoint, observedAt, inFlight, async (values) => {
        await store.pool.query({ name: 'row', text, values });
      }),
    close: () => store.close(),
  };
}

/**
 * The same with what this project's statement adds: what happened to the row, and an entry in a change feed. Still one
 * prepared statement with its own commit, and without the locks that keep the feed in order.
 */
export function rowByRowWithFeed(url: string, endpoint: EndpointDefinition): Way {
  const store = openStore(url, { max: 1 });
  const table = 'bench_row_feed';
  const text = `with written as (
      ${upsertOfOneRow(table, endpoint)}
      returning integration_id, id, case when xmax = 0 then 'created' else 'updated' end as op
    ), logged as (
      insert into ${CHANGES} (integration_id, table_name, id, op) select integration_id, '${table}', id, op from written
    )
    select op from written`;
  return {
    name: 'one statement per row, guard, count, change feed',
    table,
    insertOnly: false,
    feed: CHANGES,
    async write(pages, observedAt) {
      const counts: Record<string, number> = {};
      await eachRow(pages, endpoint, observedAt, 1, async (values) => {
        const { rows } = await store.pool.query<{ op: string }>({ name: 'row', text, values });
        const op = rows[0]?.op ?? 'unchanged';
        counts[op] = (counts[op] ?? 0) + 1;
      });
    },
    close: () => store.close(),
  };
}

export function plainCopy(url: string, endpoint: EndpointDefinition): Way {
  const store = openStore(url, { max: 1 });
  const columns = columnsOf(endpoint);
  return {
    name: 'plain COPY, unindexed, insert only',
    table: 'bench_copy',
    insertOnly: true,
    async write(pages, observedAt) {
      const client = await store.pool.connect();
      try {
        for (const page of pages) {
          const lines = rowsOf(JSON.parse(page) as Row[], endpoint, observedAt).map(
            (row) => `${columns.map((name) => escapeCopy(row[name])).join('\t')}\n`,
          );
          const stream = client.query(copyFrom(`copy bench_copy (${columns.join(', ')}) from stdin`));
          await pipeline(Readable.from(lines), stream);
        }
      } finally {
        client.release();
      }
    },
    close: () => store.close(),
  };
}

/** The other ways get a table like ours without the columns that only we have; that of COPY has no index. */
export async function prepareTables(store: Store, ways: readonly Way[], ownTable: string): Promise<void> {
  await store.pool.query(`drop table if exists ${CHANGES}`);
  await store.pool.query(`create table ${CHANGES} (like kombo_sync.changes including all)`);
  for (const way of ways) {
    if (way.table === ownTable) continue;
    await store.pool.query(`drop table if exists ${way.table}`);
    await store.pool.query(
      `create table ${way.table} (like ${ownTable} ${way.insertOnly ? '' : 'including all'}) with (toast_tuple_target = 4080)`,
    );
    await store.pool.query(`alter table ${way.table} drop column asked_seq, drop column arrived_seq`);
  }
}

async function eachRow(
  pages: readonly string[],
  endpoint: EndpointDefinition,
  observedAt: Date,
  inFlight: number,
  write: (values: unknown[]) => Promise<void>,
): Promise<void> {
  const columns = columnsOf(endpoint);
  for (const page of pages) {
    const queue = rowsOf(JSON.parse(page) as Row[], endpoint, observedAt);
    const work = async () => {
      for (let row = queue.pop(); row; row = queue.pop()) {
        const current = row;
        await write(columns.map((name) => current[name]));
      }
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }
}

export function upsertOfOneRow(table: string, endpoint: EndpointDefinition): string {
  const columns = columnsOf(endpoint);
  const assignments = columns.slice(2).map((name) => `${name} = excluded.${name}`);
  return `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, i) => `$${i + 1}`).join(', ')})
    on conflict (integration_id, id) do update set ${assignments.join(', ')}
    where ${guard(table)}`;
}

function guard(table: string): string {
  return `(${table}.changed_at, ${table}.observed_at) <= (excluded.changed_at, excluded.observed_at)
  and ${table}.raw is distinct from excluded.raw`;
}

export function columnsOf(endpoint: EndpointDefinition): string[] {
  const own = ['raw', 'changed_at', 'remote_deleted_at', 'deleted_at', 'observed_at'];
  return ['integration_id', 'id', ...Object.keys(endpoint.fields), ...own];
}

export function rowsOf(records: readonly Row[], endpoint: EndpointDefinition, observedAt: Date): Row[] {
  const fields = Object.keys(endpoint.fields);
  return records.map((record) => {
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
  });
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
