import { pino } from 'pino';
import { createSandbox, DEFAULT_API_KEY } from '../../sandbox/index.ts';
import { loadConfig } from '../../src/config.ts';
import { openStore } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { connectTemporal } from '../../src/temporal/connect.ts';
import { startWorker } from '../../src/worker/run.ts';
import { startServers } from './servers.ts';

/** Settings of a service under test: it syncs soon after a webhook, and runs no catch-ups. */
export const testEnvironment = (about: {
  apiKey: string;
  apiUrl: string;
  secret: string;
  databaseUrl: string;
  taskQueue: string;
}): Record<string, string> => ({
  KOMBO_API_KEY: about.apiKey,
  KOMBO_API_URL: about.apiUrl,
  KOMBO_WEBHOOK_SECRETS: about.secret,
  DATABASE_URL: about.databaseUrl,
  TASK_QUEUE: about.taskQueue,
  HOST: '127.0.0.1',
  PORT: '0',
  DEBOUNCE_QUIET: '100ms',
  DEBOUNCE_MAX_WAIT: '2s',
  CATCH_UP_INTERVAL: 'off',
});

/**
 * Starts a worker with all that it needs, for scripts: its own servers, an empty sandbox and a quiet time of a second.
 *
 * @param chunkMs see `startWorker`.
 */
export async function startService(settings: Record<string, string>, chunkMs?: number) {
  const servers = await startServers();
  process.env['TEMPORAL_ADDRESS'] = servers.temporalAddress;
  const sandbox = createSandbox({ integrations: [] });
  const config = loadConfig({
    KOMBO_API_KEY: DEFAULT_API_KEY,
    KOMBO_API_URL: await sandbox.listen(),
    DEBOUNCE_QUIET: '1s',
    CATCH_UP_INTERVAL: 'off',
    ...settings,
  });
  const store = openStore(servers.databaseUrl);
  await migrate(store);
  const temporal = await connectTemporal();
  const log = pino({ level: 'silent' });
  const chunk = chunkMs === undefined ? {} : { chunkMs };
  const worker = await startWorker({ config, store, log, ...chunk });
  return {
    control: sandbox.control,
    config,
    store,
    client: temporal.client,
    close: async (): Promise<void> => {
      await worker.stop();
      await temporal.close();
      await store.close();
      await sandbox.close();
      await servers.stop();
    },
  };
}
