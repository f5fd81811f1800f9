import { MockActivityEnvironment } from '@temporalio/testing';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Activities from '../../activities/index.ts';
import type * as Gate from '../../activities/support/table-gate.ts';
import type { ReadResult, SyncEndpointInput } from '../../activities/sync-endpoint.ts';
import type * as Client from '../../src/kombo/client.ts';
import type * as Fields from '../../src/kombo/fields.ts';
import type * as Log from '../../src/log.ts';
import type * as SecretModule from '../../src/secret.ts';
import type * as Heap from '../../src/worker/heap.ts';
import type * as Database from '../../src/store/database.ts';
import type * as Sweep from '../../src/store/records/sweep.ts';
import type { Pass } from '../../src/store/state/passes.ts';

/**
 * A worker's part of full passes, in a process of its own, so that its processor time is told from the rest. It runs the sources
 * of any checkout, so that one run can compare two. Prints one line of JSON for each pass, then one for its pages parsed alone, and
 * one for each sweep.
 *
 *   node bench/support/pass-process.ts <folder of the sources> <database> <Kombo> <endpoint>
 */
const [folder = '', database = '', baseUrl = '', endpoint = ''] = process.argv.slice(2);
const INTEGRATION = 'bench:million';

/** What a pass took, and what came of it. */
export interface PassFigures {
  seconds: number;
  sweepSeconds: number;
  cpuSeconds: number;
  records: number;
  created: number;
  unchanged: number;
  residentMb: number;
}

export interface ParseFigures {
  parseMicros: number;
}

export interface SweepFigures {
  candidates: number;
  sweepSeconds: number;
  walMb: number;
}

/** As many as take long enough to be measured, some times. */
const PARSED_PAGES = 100;
const PARSED_TIMES = 9;

const load = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(path.join(folder, file)).href)) as T;
const { createActivities } = await load<typeof Activities>('activities/index.ts');
const { TableGate } = await load<typeof Gate>('activities/support/table-gate.ts');
const { createKomboClient } = await load<typeof Client>('src/kombo/client.ts');
const { STORES_ALL } = await load<typeof Fields>('src/kombo/fields.ts');
const { createLogger } = await load<typeof Log>('src/log.ts');
const { Secret } = await load<typeof SecretModule>('src/secret.ts');
const { openStore } = await load<typeof Database>('src/store/database.ts');
// A checkout from before it has none.
(await load<typeof Heap>('src/worker/heap.ts').catch(() => undefined))?.keepHeap();

const store = openStore(database);
let listedAt = Number.NaN;
let residentMb = 0;
const activities = createActivities({
  settings: {
    WATERMARK_OVERLAP: 300_000,
    FULL_REFRESH_INTERVAL: 0,
    EXTRA_ENDPOINTS: [],
    MODELS: null,
    EXCLUDE_MODELS: [],
    ERASE_EMPTIED: false,
    KEEP_REJECTED_BODIES: false,
    SWEEP_MAX_SHARE: 0.3,
    RETRY_INTERVAL: 60_000,
    RETRY_MAX_INTERVAL: 21_600_000,
    RETRY_GIVE_UP: 86_400_000,
    DELETED_RETENTION: null,
    PASSES_PER_SYNC: 4,
    CHUNK: 240_000,
  },
  budget: { admit: () => Promise.resolve({ waited: false, [Symbol.dispose]: () => {} }), note: () => {} },
  fields: STORES_ALL,
  store,
  kombo: createKomboClient({ baseUrl, apiKey: new Secret('ks_dev_sandbox') }),
  temporal: { wake: () => Promise.resolve(), settle: () => Promise.resolve() },
  gate: new TableGate(),
  log: createLogger({ level: 'warn' }),
  notifyChanges: () => {},
  onPage: ({ done }) => {
    residentMb = Math.max(residentMb, process.memoryUsage.rss() / 1e6);
    if (done) listedAt = performance.now();
  },
});

const environment = new MockActivityEnvironment();

async function fullPass(syncId: string): Promise<PassFigures> {
  const input: SyncEndpointInput = {
    integrationId: INTEGRATION,
    endpoint,
    kind: 'full',
    because: 'full-sync',
    syncId,
    trigger: 'manual',
  };
  residentMb = 0;
  const cpu = process.cpuUsage();
  const started = performance.now();
  let read: ReadResult;
  do read = await environment.run(activities.syncEndpoint, input);
  while (read.state === 'more');
  if (read.state !== 'completed') throw new Error(`The pass ended as ${read.state}: ${read.reason.message}`);
  const { user, system } = process.cpuUsage(cpu);
  const { records, created, unchanged } = read.counts;
  return {
    seconds: (listedAt - started) / 1000,
    sweepSeconds: (performance.now() - listedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    records,
    created,
    unchanged,
    residentMb,
  };
}

/** Processor time of `JSON.parse` alone, by record: the median of some rounds. */
async function parsing(): Promise<ParseFigures> {
  const texts: string[] = [];
  for (let page = 0; page < PARSED_PAGES; page += 1) {
    texts.push(await (await fetch(`${baseUrl}${endpoint}?cursor=page ${page % 20}`)).text());
  }
  const micros: number[] = [];
  for (let time = 0; time < PARSED_TIMES; time += 1) {
    const cpu = process.cpuUsage();
    let records = 0;
    for (const text of texts) {
      records += (JSON.parse(text) as { data: { results: unknown[] } }).data.results.length;
    }
    const { user, system } = process.cpuUsage(cpu);
    micros.push((user + system) / records);
  }
  micros.sort((a, b) => a - b);
  return { parseMicros: micros[Math.floor(PARSED_TIMES / 2)]! };
}

/** The marks of a full listing that lacks a share of the rows, as a sweep makes them. */
async function sweeping(lacksEvery: number | null): Promise<SweepFigures> {
  const { findCandidates } = await load<typeof Sweep>('src/store/records/sweep.ts');
  const { rows: passes } = await store.pool.query<Pass>(
    `update kombo_sync.passes set sweep_state = 'due', started_seq = nextval('kombo_sync.observations')
     where id = (select max(id) from kombo_sync.passes) returning *`,
  );
  const [pass] = passes;
  await store.pool.query('delete from kombo_sync.pass_pages where pass_id = $1', [pass!.id]);
  await store.pool.query(
    `insert into kombo_sync.pass_pages (pass_id, page, restart, ids)
     select $1, n / 250 + 1, 0, array_agg(id) from (
       select id, row_number() over (order by random()) as n from kombo.ats_applications) t
     where $2::int is null or n % $2 <> 0 group by n / 250 + 1`,
    [pass!.id, lacksEvery],
  );
  await store.pool.query('checkpoint');
  const wal = async () => {
    const { rows } = await store.pool.query<{ at: string }>(
      `select pg_current_wal_insert_lsn() - '0/0' as at`,
    );
    return Number(rows[0]!.at);
  };
  const before = await wal();
  const started = performance.now();
  const found = await findCandidates(store, pass!, { maxShare: 1, allowMassDeletion: true });
  const sweepSeconds = (performance.now() - started) / 1000;
  const walMb = ((await wal()) - before) / 1e6;
  await store.pool.query('delete from kombo_sync.sweep_candidates');
  return { candidates: found.sweep_candidates, sweepSeconds, walMb };
}

const print = (figures: object) => process.stdout.write(`${JSON.stringify(figures)}\n`);
for (let pass = 0; pass < 2; pass += 1) print(await fullPass(`${Date.now()}/${pass}`));
print(await parsing());
for (const lacksEvery of [null, 4]) print(await sweeping(lacksEvery));
await store.close();
