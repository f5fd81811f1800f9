import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import type { Store } from '../../src/store/database.ts';
import { columnsOf, rowsOf, upsertOfOneRow, type Row } from './ways.ts';

/* What a full sync is compared with. Both write into a table like its own, with all indexes. */

async function tableLike(store: Store, endpoint: EndpointDefinition, name: string): Promise<void> {
  await store.pool.query(`drop table if exists ${name}`);
  await store.pool.query(
    `create table ${name} (like kombo.${endpoint.table} including all) with (toast_tuple_target = 4080)`,
  );
}

/** Plain COPY of the rows that a sync has written, out of a file: one statement, one commit, nothing asked or checked. */
export async function copySeconds(store: Store, endpoint: EndpointDefinition): Promise<number> {
  await tableLike(store, endpoint, 'bench_copy');
  const folder = await mkdtemp(path.join(tmpdir(), 'kombo-sync-copy-'));
  const file = path.join(folder, 'rows');
  const client = await store.pool.connect();
  try {
    await pipeline(client.query(copyTo(`copy kombo.${endpoint.table} to stdout`)), createWriteStream(file));
    await client.query('checkpoint');
    const started = performance.now();
    await pipeline(createReadStream(file), client.query(copyFrom('copy bench_copy from stdin')));
    return (performance.now() - started) / 1000;
  } finally {
    client.release();
    await rm(folder, { recursive: true });
    await store.pool.query('drop table bench_copy');
  }
}

/** The loop of Kombo's guide: fetch a page, upsert its rows one by one, each durable by itself. */
export async function guideSeconds(
  store: Store,
  endpoint: EndpointDefinition,
  baseUrl: string,
  pages: number,
): Promise<{ seconds: number; records: number }> {
  await tableLike(store, endpoint, 'bench_guide');
  await store.pool.query('alter table bench_guide drop column asked_seq, drop column arrived_seq');
  const columns = columnsOf(endpoint);
  const text = upsertOfOneRow('bench_guide', endpoint);
  const client = await store.pool.connect();
  const started = performance.now();
  let records = 0;
  try {
    let cursor = '';
    for (let page = 0; page < pages; page += 1) {
      const response = await fetch(`${baseUrl}${endpoint.path}?cursor=${cursor}`);
      const { data } = (await response.json()) as { data: { next: string | null; results: Row[] } };
      for (const row of rowsOf(data.results, endpoint, new Date())) {
        await client.query({ name: 'guide', text, values: columns.map((name) => row[name]) });
        records += 1;
      }
      if (data.next === null) break;
      cursor = data.next;
    }
    return { seconds: (performance.now() - started) / 1000, records };
  } finally {
    client.release();
    await store.pool.query('drop table bench_guide');
  }
}
