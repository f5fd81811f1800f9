import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import type * as Config from '../../src/config.ts';
import type * as Database from '../../src/store/database.ts';
import type * as Connect from '../../src/temporal/connect.ts';
import type * as Start from '../../src/temporal/start.ts';
import type * as Run from '../../src/worker/run.ts';

/**
 * Full syncs through a real workflow and worker, whose pages take long at Kombo. It runs the sources of any checkout. Prints the
 * seconds that each took.
 *
 *   node bench/support/latency-process.ts <folder of the sources> <database> <Kombo> <times>
 */
const [folder = '', database = '', baseUrl = '', times = '3'] = process.argv.slice(2);
const INTEGRATION = 'bench:latency';

const load = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(path.join(folder, file)).href)) as T;
const { loadConfig } = await load<typeof Config>('src/config.ts');
const { openStore } = await load<typeof Database>('src/store/database.ts');
const { connectTemporal } = await load<typeof Connect>('src/temporal/connect.ts');
const { startFullSync } = await load<typeof Start>('src/temporal/start.ts');
const { startWorker } = await load<typeof Run>('src/worker/run.ts');

const config = loadConfig({
  KOMBO_API_KEY: 'ks_dev_sandbox',
  KOMBO_API_URL: baseUrl,
  CATCH_UP_INTERVAL: 'off',
  TASK_QUEUE: `latency-${process.pid}`,
});
const store = openStore(database);
const temporal = await connectTemporal();
const worker = await startWorker({ config, store, log: pino({ level: 'silent' }) });
try {
  for (let time = 0; time < Number(times); time += 1) {
    const started = performance.now();
    const { handle } = await startFullSync(temporal.client, config, { integrationId: INTEGRATION });
    const result = await handle.result();
    const seconds = (performance.now() - started) / 1000;
    const read = Object.values(result.endpoints).filter(({ status }) => status === 'completed').length;
    process.stdout.write(`${JSON.stringify({ seconds, read })}\n`);
  }
} finally {
  await worker.stop();
  await temporal.close();
  await store.close();
}
