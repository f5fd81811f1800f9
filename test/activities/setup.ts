import { randomBytes } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import {
  createActivities,
  type Activities,
  type ActivityDeps,
  type PageEvent,
} from '../../activities/index.ts';
import type { PassFailure } from '../../activities/record-failures.ts';
import type { ChunkResult, SyncEndpointInput } from '../../activities/sync-endpoint.ts';
import { createSandbox, type SandboxIntegrationSpec } from '../../sandbox/index.ts';
import { loadConfig } from '../../src/config.ts';
import { createKomboClient } from '../../src/kombo/client.ts';
import { Secret } from '../../src/secret.ts';
import { saveIntegration } from '../../src/store/integrations.ts';
import type { Pass } from '../../src/store/passes.ts';
import { createTestStore } from '../support/database.ts';
import { noTemporal } from '../support/no-temporal.ts';

export const API_KEY = 'ks_test_MARKER_key';

/** Postgres, a sandbox over real HTTP, and activities between them; shared by the tests of a file. */
export async function createWorkbench() {
  const store = await createTestStore();
  const sandbox = createSandbox({ apiKey: API_KEY, integrations: [] });
  const baseUrl = await sandbox.listen();
  afterAll(() => sandbox.close());
  const lines: string[] = [];
  const scheduled: string[] = [];
  const unscheduled: string[] = [];
  const woken: string[] = [];
  const { control } = sandbox;

  const activities = (
    more: Partial<ActivityDeps> & { timeoutMs?: number; apiKey?: string } = {},
  ): Activities => {
    const { timeoutMs, apiKey = API_KEY, ...deps } = more;
    return createActivities({
      settings: loadConfig({}),
      store,
      kombo: createKomboClient({ baseUrl, apiKey: new Secret(apiKey), ...(timeoutMs ? { timeoutMs } : {}) }),
      temporal: {
        ...noTemporal,
        ensureSchedules: ({ id }) => {
          scheduled.push(id);
          return Promise.resolve('unchanged');
        },
        deleteSchedules: (id) => {
          unscheduled.push(id);
          return Promise.resolve();
        },
        wake: (id) => {
          woken.push(id);
          return Promise.resolve();
        },
      },
      log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
      notifyChanges: () => {},
      ...deps,
    });
  };

  return {
    store,
    control,
    activities,
    scheduled,
    unscheduled,
    woken,
    logs: () => lines.join(''),
    /** An integration of its own, that Kombo knows and so do we. */
    integration: async (spec: Partial<SandboxIntegrationSpec> = {}, known = true): Promise<string> => {
      const id = `bombohr:${randomBytes(6).toString('hex')}`;
      control.addIntegration({ id, category: 'ATS', scale: 0, ...spec });
      if (known) await saveIntegration(store, { id, tool: 'bombohr', category: spec.category ?? 'ATS' });
      return id;
    },
    /** Requests for one endpoint, as their queries. */
    queries: (integrationId: string, path = '/ats/jobs') =>
      control.requests({ integrationId, path }).map((request) => request.query),
    passes: async (integrationId: string): Promise<Pass[]> => {
      const { rows } = await store.pool.query<Pass>(
        'select * from kombo_sync.passes where integration_id = $1 order by id',
        [integrationId],
      );
      return rows;
    },
    count: async (integrationId: string, where = 'true', table = 'ats_jobs'): Promise<number> => {
      const { rows } = await store.pool.query<{ count: number }>(
        `select count(*)::int as count from kombo.${table} where integration_id = $1 and ${where}`,
        [integrationId],
      );
      return rows[0]!.count;
    },
  };
}

export type Workbench = Awaited<ReturnType<typeof createWorkbench>>;

let syncs = 0;

/** A new pass over the jobs; give the same input again for a retry of it. */
export function pass(integrationId: string, more: Partial<SyncEndpointInput> = {}): SyncEndpointInput {
  return {
    integrationId,
    endpoint: '/ats/jobs',
    kind: 'delta',
    syncId: `run/${++syncs}`,
    trigger: 'webhook',
    ...more,
  };
}

const nothing = () => {};
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

export function environment(): MockActivityEnvironment {
  return new MockActivityEnvironment({}, { logger: quiet });
}

/** Runs an activity's function as a worker would. */
export async function run<A, R>(
  activity: (input: A) => Promise<R>,
  input: A,
  env = environment(),
): Promise<R> {
  return env.run(activity, input);
}

/** Runs it and returns what it failed with. */
export async function failure<A, R>(
  activity: (input: A) => Promise<R>,
  input: A,
  env = environment(),
): Promise<ApplicationFailure> {
  const result = await run(activity, input, env).then(
    (value) => ({ value }),
    (error: ApplicationFailure) => ({ error }),
  );
  if ('error' in result) return result.error;
  throw new Error(`It did not fail but answered ${JSON.stringify(result.value)}`);
}

/** Calls `then` as soon as a pass has committed so many pages. */
export function afterPage(pages: number, then: () => void): (event: PageEvent) => void {
  return (event) => {
    if (event.page === pages) then();
  };
}

/** Reads everything once, so that there is a watermark. */
export async function readOnce(bench: Workbench, integrationId: string): Promise<ChunkResult> {
  return run(bench.activities().syncEndpoint, pass(integrationId));
}

/** A failure as a workflow hands it on to be written down. */
export const failed = (type: string, endpoint = '/ats/jobs'): PassFailure => ({
  endpoint,
  kind: 'delta',
  type,
  code: type,
  message: 'no',
});
