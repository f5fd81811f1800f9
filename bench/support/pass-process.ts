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
import type * as Database from '../../src/store/database.ts';

/**
 * A worker's part of full passes, in a process of its own, so that its processor time is told from the rest. It runs the sources
 * of any checkout, so that one run can compare two. Prints one line of JSON for each pass.
 *
 *   node bench/support/pass-process.ts <folder of the sources> <database> <Kombo> <endpoint> <passes>
 */
const [folder = '', database = '', baseUrl = '', endpoint = '', passes = '2'] = process.argv.slice(2);
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

const load = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(path.join(folder, file)).href)) as T;
const { createActivities } = await load<typeof Activities>('activities/index.ts');
const { TableGate } = await load<typeof Gate>('activities/support/table-gate.ts');
const { createKomboClient } = await load<typeof Client>('src/kombo/client.ts');
const { STORES_ALL } = await load<typeof Fields>('src/kombo/fields.ts');
const { createLogger } = await load<typeof Log>('src/log.ts');
const { Secret } = await load<typeof SecretModule>('src/secret.ts');
const { openStore } = await load<typeof Database>('src/store/database.ts');

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
    CHANGES_RETENTION: 86_400_000,
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

for (let pass = 0; pass < Number(passes); pass += 1) {
  process.stdout.write(`${JSON.stringify(await fullPass(`${Date.now()}/${pass}`))}\n`);
}
await store.close();
