import type { WorkflowHandle } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { createSandbox, type SandboxIntegrationSpec, type WebhookResult } from '../../sandbox/index.ts';
import { loadConfig, type Config } from '../../src/config.ts';
import { enabledEndpoints, type Category } from '../../src/domain/catalogue/index.ts';
import type { SyncResult } from '../../src/domain/sync.ts';
import { startServer, type RunningServer } from '../../src/http/server.ts';
import type { LookUpDeps } from '../../src/operations/deps.ts';
import { createTemporalLinks } from '../../src/temporal/ui.ts';
import { createKomboClient } from '../../src/kombo/client.ts';
import { openStore, type Store } from '../../src/store/database.ts';
import { readDebts } from '../../src/store/state/debts.ts';
import { findIntegration, type Integration } from '../../src/store/state/integrations.ts';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { startWorker, type RunningWorker } from '../../src/worker/run.ts';
import { createTestStore } from '../support/database.ts';
import { findDifferences } from '../support/differences.ts';
import { eventually } from '../support/poll.ts';
import { testEnvironment } from '../support/service.ts';
import { testTemporal, uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';

export const API_KEY = 'ks_test_e2e';
const SECRET = 'whsec_test_e2e';
const silent = pino({ level: 'silent' });

/**
 * The whole service in one process: Postgres, Temporal and HTTP are real, the sandbox stands in for Kombo. Each file
 * has a database, a task queue and integrations of its own.
 */
export async function createSystem(settings: Record<string, string> = {}, temporalAddress?: string) {
  const store = await createTestStore();
  const temporal = await testTemporal(temporalAddress);
  const sandbox = createSandbox({ apiKey: API_KEY, webhookSecret: SECRET, integrations: [] });
  const { control } = sandbox;
  const environment = {
    ...testEnvironment({
      apiKey: API_KEY,
      apiUrl: await sandbox.listen(),
      secret: SECRET,
      databaseUrl: store.url,
      taskQueue: uniqueTaskQueue(),
    }),
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
      const server = await startServer({ config, store, temporal, log: silent, lagMs: () => 0, ...more });
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
    /** Reads everything once, so that deltas follow. */
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
    /** Acts as you do by hand. */
    operator: {
      config,
      store,
      temporal,
      links: createTemporalLinks(undefined),
      kombo: createKomboClient({ baseUrl: config.KOMBO_API_URL, apiKey: config.KOMBO_API_KEY! }),
      actor: { name: 'tester@e2e', source: 'cli', address: null },
    } satisfies LookUpDeps as LookUpDeps,
    /** Sends a data-changed even if nothing has changed. */
    tell: async (integrationId: string, models: string[], duplicate = false): Promise<void> => {
      const data = { integration_id: integrationId, changed_models: models.map((name) => ({ name })) };
      await accepted(control.sendWebhook({ type: 'data-changed', data, duplicate }));
    },
    /** What is owed for each endpoint, and why it fails. */
    debts: (integrationId: string) => readDebts(store, integrationId),
    known: async (integrationId: string): Promise<Integration | undefined> =>
      findIntegration(store, integrationId),
    /** Paths of the list requests that Kombo got, in order. */
    reads: (integrationId: string): string[] =>
      control
        .requests({ integrationId })
        .map(({ path }) => path)
        .filter((path) => !path.startsWith('/integrations/')),
    /** How often each endpoint was read in full to its end. */
    fullPasses: async (integrationId: string): Promise<Record<string, number>> => {
      const { rows } = await store.pool.query<{ endpoint: string; times: number }>(
        `select endpoint, count(*)::int as times from kombo_sync.passes
         where integration_id = $1 and state = 'completed' and updated_after is null group by endpoint`,
        [integrationId],
      );
      return Object.fromEntries(rows.map(({ endpoint, times }) => [endpoint, times]));
    },
    /** Records in which the copy differs from Kombo. */
    differences: (integrationId: string): Promise<string[]> => findDifferences(store, control, integrationId),
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

/** Every endpoint of a category with the same value, for the result of a sync of everything. */
export function each<T>(value: T, category: Category = 'LMS'): Record<string, T> {
  return Object.fromEntries(enabledEndpoints(category).map(({ path }) => [path, value]));
}

/** A webhook must have been answered with 200, each time that it was sent. */
export async function accepted(sending: Promise<WebhookResult | undefined>): Promise<void> {
  const statuses = (await sending)?.statuses ?? [];
  if (statuses.some((status) => status !== 200))
    throw new Error(`A webhook was answered with ${statuses.join(', ')}`);
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
