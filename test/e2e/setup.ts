import type { WorkflowHandle } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { createSandbox, type SandboxIntegrationSpec } from '../../sandbox/index.ts';
import { loadConfig, type Config } from '../../src/config.ts';
import type { SyncResult } from '../../src/domain/sync.ts';
import { startServer, type RunningServer } from '../../src/http/server.ts';
import { openStore, type Store } from '../../src/store/database.ts';
import { syncWorkflowId } from '../../src/temporal/names.ts';
import { startWorker, type RunningWorker } from '../../src/worker/run.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal, uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';

export const API_KEY = 'ks_test_e2e';
const SECRET = 'whsec_test_e2e';
const silent = pino({ level: 'silent' });

/**
 * The whole service but for the processes: Postgres, Temporal and HTTP are real, the sandbox stands in for Kombo. Each file
 * has a database, a task queue and integrations of its own.
 */
export async function createSystem(settings: Record<string, string> = {}) {
  const store = await createTestStore();
  const temporal = await testTemporal();
  const sandbox = createSandbox({ apiKey: API_KEY, webhookSecret: SECRET, integrations: [] });
  const { control } = sandbox;
  const environment: Record<string, string> = {
    KOMBO_API_KEY: API_KEY,
    KOMBO_API_URL: await sandbox.listen(),
    KOMBO_WEBHOOK_SECRETS: SECRET,
    DATABASE_URL: store.url,
    TASK_QUEUE: uniqueTaskQueue(),
    HOST: '127.0.0.1',
    PORT: '0',
    DEBOUNCE_QUIET: '100ms',
    DEBOUNCE_MAX_WAIT: '2s',
    CATCH_UP_INTERVAL: 'off',
    ...settings,
  };
  const config = loadConfig(environment);
  const running: (RunningServer | RunningWorker)[] = [];
  afterAll(async () => {
    for (const process of running) await ('stop' in process ? process.stop() : process.close());
    await sandbox.close();
  });

  return {
    store,
    temporal,
    control,
    config,
    /** Settings for a process of its own. */
    environment,
    worker: async (
      more: { store?: Store; config?: Config; chunkMs?: number } = {},
    ): Promise<RunningWorker> => {
      const worker = await startWorker({ config, store, log: silent, ...more });
      running.push(worker);
      return worker;
    },
    /** Starts the webhook endpoint and sends the sandbox's webhooks there. */
    server: async (more: Partial<Parameters<typeof startServer>[0]> = {}): Promise<RunningServer> => {
      const server = await startServer({ config, store, temporal, log: silent, ...more });
      running.push(server);
      control.setWebhookUrl(`${server.url}/webhooks/kombo`);
      return server;
    },
    /** A small LMS; `lms_users` has 20 records unless said otherwise. */
    integration: (spec: Partial<SandboxIntegrationSpec> = {}): string => {
      const id = uniqueIntegrationId();
      const records = { lms_users: 20, lms_courses: 5, lms_skills: 5, ...spec.records };
      control.addIntegration({ id, category: 'LMS', scale: 0, ...spec, records });
      return id;
    },
    /** Reads everything once, so that what follows is deltas. */
    firstSync: async (integrationId: string): Promise<void> => {
      await control.announce(integrationId, 'integration-created');
      await settled(temporal.client.workflow.getHandle(syncWorkflowId(integrationId)));
    },
    /** Waits for the run to end, and says how. */
    settled: (integrationId: string): Promise<SyncResult> =>
      settled(temporal.client.workflow.getHandle(syncWorkflowId(integrationId))),
    /** Waits until a record is in Postgres as it is at Kombo. */
    arrives: async (integrationId: string, table: string, id: string, remoteId: string, timeoutMs = 20_000) =>
      eventually(
        async () => {
          const { rowCount } = await store.pool.query(
            `select 1 from kombo.${table} where integration_id = $1 and id = $2 and remote_id = $3`,
            [integrationId, id, remoteId],
          );
          return rowCount === 1;
        },
        { timeoutMs },
      ),
    /** The syncs that were begun, oldest first. */
    syncs: async (
      integrationId: string,
    ): Promise<{ sync_id: string; started_at: Date; endpoints: string[] }[]> => {
      const { rows } = await store.pool.query<{ sync_id: string; started_at: Date; endpoints: string[] }>(
        `select sync_id, min(started_at) as started_at, array_agg(endpoint order by endpoint) as endpoints
         from kombo_sync.passes where integration_id = $1 group by sync_id order by min(started_at)`,
        [integrationId],
      );
      return rows;
    },
  };
}

export type System = Awaited<ReturnType<typeof createSystem>>;

async function settled(handle: WorkflowHandle): Promise<SyncResult> {
  return eventually(() => handle.result() as Promise<SyncResult>);
}

/** A store that reaches Postgres through a proxy. */
export function storeThrough(address: string, url: string): Store {
  const through = new URL(url);
  through.host = address;
  const store = openStore(through.href, { max: 10 });
  afterAll(() => store.close());
  return store;
}
