import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../activities/index.ts';
import { createSandbox, DEFAULT_API_KEY, type Sandbox } from '../../sandbox/index.ts';
import { CATALOGUE, type EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import type { PassKind } from '../../src/domain/sync.ts';
import { createKomboClient, type KomboClient } from '../../src/kombo/client.ts';
import { createLogger } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import type { Store } from '../../src/store/database.ts';
import { endPass } from '../../src/store/passes.ts';

/** Small, so that a handful of records has page boundaries. */
const PAGE_SIZE = 2;

export interface World {
  sandbox: Sandbox;
  kombo: KomboClient;
  /** Reads an endpoint by the real activities, in as many chunks as it takes. */
  sync: (integrationId: string, endpoint: string, kind: PassKind) => Promise<SyncOutcome>;
  /** Called after each answer of the API, before the client sees it. */
  onAnswer: (url: URL) => void;
  close: () => Promise<void>;
}

export type SyncOutcome = Awaited<ReturnType<ReturnType<typeof createActivities>['syncEndpoint']>> & {
  swept: Awaited<ReturnType<ReturnType<typeof createActivities>['sweepEndpoint']>> | undefined;
};

/** The sandbox behind real HTTP, the client that a worker uses, and its activities. */
export async function createWorld(store: Store, settings: { eraseEmptied?: boolean } = {}): Promise<World> {
  const sandbox = createSandbox({ integrations: [] });
  const baseUrl = await sandbox.listen();
  const smallPages: typeof fetch = async (input, init) => {
    const url = new URL(input as string);
    if (url.searchParams.has('page_size')) url.searchParams.set('page_size', String(PAGE_SIZE));
    const response = await fetch(url, init);
    world.onAnswer(url);
    return response;
  };
  const kombo = createKomboClient({ baseUrl, apiKey: new Secret(DEFAULT_API_KEY), fetch: smallPages });
  const activities = createActivities({
    settings: {
      WATERMARK_OVERLAP: 0,
      FULL_REFRESH_INTERVAL: 0,
      EXTRA_ENDPOINTS: CATALOGUE.map(({ path }) => path),
      ERASE_EMPTIED: settings.eraseEmptied ?? false,
      KEEP_REJECTED_BODIES: false,
      SWEEP_MAX_SHARE: 0.3,
      CHANGES_RETENTION: 0,
      HISTORY_RETENTION: 0,
    },
    store,
    kombo,
    schedules: { ensure: () => Promise.resolve(), remove: () => Promise.resolve() },
    log: createLogger({ level: 'silent', format: 'json' }),
    notifyChanges: () => {},
  });
  let syncs = 0;
  const world: World = {
    sandbox,
    kombo,
    onAnswer: () => {},
    close: async () => sandbox.close(),
    sync: async (integrationId, endpoint, kind) => {
      const temporal = new MockActivityEnvironment();
      const syncId = `${integrationId}/${++syncs}`;
      try {
        const input = { integrationId, endpoint, kind, syncId, trigger: 'manual' as const };
        let read = await temporal.run(activities.syncEndpoint, input);
        while (!read.done) read = await temporal.run(activities.syncEndpoint, input);
        const swept = read.sweep
          ? await temporal.run(activities.sweepEndpoint, { passId: read.passId, allowMassDeletion: false })
          : undefined;
        return { ...read, swept };
      } catch (error) {
        await endPass(store, { syncId, endpoint, state: 'failed', code: 'FAILED', message: 'failed' });
        throw error;
      }
    },
  };
  return world;
}

/** Records of an integration that has few of them; those of the endpoint are five. */
export function fewRecords(endpoint: EndpointDefinition, integrationId: string) {
  return { id: integrationId, category: endpoint.category, scale: 0.01, records: { [endpoint.table]: 5 } };
}
