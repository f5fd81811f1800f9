/**
 * A full pass over one big endpoint, with its sweep: how fast it is and how much memory it takes. The sandbox stands in for
 * Kombo, in a process of its own; the activities, the HTTP client and Postgres are the real ones.
 *
 *   npm run bench:full-sync               a million applications
 *   npm run bench:full-sync -- 100000     fewer
 *
 * Uses DATABASE_URL (a scratch database) or an embedded Postgres.
 */
import { STORES_ALL } from '../src/kombo/fields.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities, type PageEvent } from '../activities/index.ts';
import { TableGate } from '../activities/support/table-gate.ts';
import type { ReadResult, SyncEndpointInput } from '../activities/sync-endpoint.ts';
import { createKomboClient } from '../src/kombo/client.ts';
import { createLogger } from '../src/log.ts';
import { Secret } from '../src/secret.ts';
import { openStore } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { benchDatabase } from './support/database.ts';

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const INTEGRATION = 'bench:million';
const ENDPOINT = '/ats/applications';
const REPORT_EVERY_PAGES = Math.max(1, Math.round(RECORDS / 250 / 10));

async function main(): Promise<void> {
  const sandbox = await startSandbox();
  const database = await benchDatabase();
  const store = openStore(database.url);
  try {
    await migrate(store);
    await store.pool.query('truncate kombo.ats_applications, kombo_sync.changes');
    for (const table of ['passes', 'debts']) {
      await store.pool.query(`delete from kombo_sync.${table} where integration_id = $1`, [INTEGRATION]);
    }
    print('   records   records/s since   resident MB');
    const first = await fullPass(store, sandbox.baseUrl, 'first');
    const second = await fullPass(store, sandbox.baseUrl, 'second');
    print(`first full sync:  ${describe(first)}`);
    print(`second full sync: ${describe(second)}`);
  } finally {
    await store.close();
    await database.stop();
    sandbox.stop();
  }
}

interface Passed {
  seconds: number;
  created: number;
  unchanged: number;
  sweepSeconds: number;
}

async function fullPass(
  store: ReturnType<typeof openStore>,
  baseUrl: string,
  syncId: string,
): Promise<Passed> {
  let last = { at: performance.now(), records: 0 };
  let listedAt = Number.NaN;
  const onPage = ({ page, counts, done }: PageEvent) => {
    if (done) listedAt = performance.now();
    if (page % REPORT_EVERY_PAGES !== 0) return;
    const now = performance.now();
    const speed = ((counts.records - last.records) * 1000) / (now - last.at);
    const rss = Math.round(process.memoryUsage().rss / 1e6);
    print(
      `${String(counts.records).padStart(10)}${speed.toFixed(0).padStart(18)}${String(rss).padStart(14)}`,
    );
    last = { at: now, records: counts.records };
  };
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
      CHANGES_RETENTION: 86_400_000,
      CONSUMER_MAX_LAG: 0,
      HISTORY_RETENTION: 86_400_000,
      RETRY_INTERVAL: 60_000,
      RETRY_MAX_INTERVAL: 21_600_000,
      RETRY_GIVE_UP: 86_400_000,
      DELETED_RETENTION: null,
    },
    fields: STORES_ALL,
    store,
    kombo: createKomboClient({ baseUrl, apiKey: new Secret('ks_dev_sandbox') }),
    temporal: { wake: () => Promise.resolve(), settle: () => Promise.resolve() },
    gate: new TableGate(),
    log: createLogger({ level: 'warn' }),
    notifyChanges: () => {},
    onPage,
  });
  const environment = new MockActivityEnvironment();
  const input: SyncEndpointInput = {
    integrationId: INTEGRATION,
    endpoint: ENDPOINT,
    kind: 'full',
    because: 'full-sync',
    syncId,
    trigger: 'manual',
  };
  const started = performance.now();
  let read: ReadResult;
  do read = await environment.run(activities.syncEndpoint, input);
  while (read.state === 'more');
  if (read.state !== 'completed') throw new Error(`The pass ended as ${read.state}: ${read.reason.message}`);
  return {
    seconds: (listedAt - started) / 1000,
    created: read.counts.created,
    unchanged: read.counts.unchanged,
    sweepSeconds: (performance.now() - listedAt) / 1000,
  };
}

function describe(pass: Passed): string {
  const speed = ((pass.created + pass.unchanged) / pass.seconds).toFixed(0);
  return `${pass.seconds.toFixed(1)} s (${speed} records/s), ${pass.created} created, ${pass.unchanged} unchanged, sweep ${pass.sweepSeconds.toFixed(1)} s`;
}

async function startSandbox(): Promise<{ baseUrl: string; stop: () => void }> {
  const script = fileURLToPath(new URL('./support/sandbox-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, INTEGRATION, 'ats_applications', String(RECORDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { baseUrl: line, stop: () => child.kill() };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
