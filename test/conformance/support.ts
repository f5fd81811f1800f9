import { UNLIMITED } from '../../activities/support/request-budget.ts';
import { STORES_ALL } from '../../src/kombo/fields.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Activities } from '../../activities/index.ts';
import { TableGate } from '../../activities/support/table-gate.ts';
import type { ReadResult } from '../../activities/sync-endpoint.ts';
import { createSandbox, DEFAULT_API_KEY, type Sandbox } from '../../sandbox/index.ts';
import { defined } from '../../src/domain/defined.ts';
import { CATALOGUE, type EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import { createKomboClient, type KomboClient } from '../../src/kombo/client.ts';
import { createLogger } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import type { Store } from '../../src/store/database.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { noTemporal } from '../support/no-temporal.ts';

export interface WorldOptions {
  /** Records per page, so that a few records need several pages; by default, what the client asks for. */
  pageSize?: number;
  /** Kombo's clock. */
  now?: () => Date;
  /** How long an activity reads before it makes room for others. */
  chunkMs?: number;
}

/** The end of a read, with its pass at that time. */
export type SyncOutcome = Exclude<ReadResult, { state: 'more' | 'waits' }> & { pass: Pass };

export interface World {
  sandbox: Sandbox;
  kombo: KomboClient;
  activities: Activities;
  /** Runs an activity as a worker would. */
  run: <I, R>(activity: (input: I) => Promise<R>, input: I) => Promise<R>;
  /** Reads an endpoint, and sweeps it after a full listing, in as many chunks as it takes. */
  sync: (integrationId: string, endpoint: string, kind: PassKind) => Promise<SyncOutcome>;
  /** Called after each answer of the API, before the client sees it. */
  onAnswer: (url: URL) => void;
  close: () => Promise<void>;
}

/** The sandbox behind real HTTP, the client that a worker uses, and its activities. */
export async function createWorld(store: Store, options: WorldOptions = {}): Promise<World> {
  const sandbox = createSandbox({ integrations: [], ...defined({ now: options.now }) });
  const baseUrl = await sandbox.listen();
  const fetchPages: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (options.pageSize !== undefined && url.searchParams.has('page_size')) {
      url.searchParams.set('page_size', String(options.pageSize));
    }
    const response = await fetch(url, init);
    world.onAnswer(url);
    return response;
  };
  const kombo = createKomboClient({ baseUrl, apiKey: new Secret(DEFAULT_API_KEY), send: fetchPages });
  const activities = createActivities({
    settings: {
      WATERMARK_OVERLAP: 0,
      FULL_REFRESH_INTERVAL: 0,
      EXTRA_ENDPOINTS: CATALOGUE.map(({ path }) => path),
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
    budget: UNLIMITED,
    fields: STORES_ALL,
    store,
    kombo,
    temporal: noTemporal,
    gate: new TableGate(),
    log: createLogger({ level: 'silent', format: 'json' }),
    notifyChanges: () => {},
    chunkMs: options.chunkMs,
  });
  const run = async <I, R>(activity: (input: I) => Promise<R>, input: I): Promise<R> =>
    new MockActivityEnvironment(undefined, { logger: new DefaultLogger('ERROR') }).run(activity, input);
  let syncs = 0;
  const world: World = {
    sandbox,
    kombo,
    activities,
    run,
    onAnswer: () => {},
    close: async () => sandbox.close(),
    sync: async (integrationId, endpoint, kind) => {
      const syncId = `${integrationId}/${endpoint}/${++syncs}`;
      const because = kind === 'full' ? 'full-sync' : 'operator';
      const input = { integrationId, endpoint, kind, because, syncId, trigger: 'manual' } as const;
      for (let tries = 0; ;) {
        const read = await run(activities.syncEndpoint, { ...input, tries });
        if (read.state === 'waits') {
          await sleep(read.waitMs);
          ({ tries } = read);
        } else if (read.state !== 'more') {
          return { ...read, pass: await passOf(store, syncId) };
        }
      }
    },
  };
  return world;
}

async function passOf(store: Store, syncId: string): Promise<Pass> {
  return store.db
    .selectFrom('kombo_sync.passes')
    .selectAll()
    .where('sync_id', '=', syncId)
    .executeTakeFirstOrThrow();
}

/** Few records of an integration: five of the endpoint. */
export function fewRecords(endpoint: EndpointDefinition, integrationId: string) {
  return { id: integrationId, category: endpoint.category, scale: 0.01, records: { [endpoint.table]: 5 } };
}
