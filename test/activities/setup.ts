import { randomBytes } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import {
  createActivities,
  type Activities,
  type ActivityDeps,
  type PageEvent,
} from '../../activities/index.ts';
import type { StartSyncInput, SyncStart } from '../../activities/support/sync-start.ts';
import { UNLIMITED } from '../../activities/support/request-budget.ts';
import { TableGate } from '../../activities/support/table-gate.ts';
import type { SyncEndpointInput } from '../../activities/sync-endpoint.ts';
import { createSandbox, type SandboxIntegrationSpec } from '../../sandbox/index.ts';
import { defined } from '../../src/domain/defined.ts';
import { loadConfig } from '../../src/config.ts';
import { STORES_ALL } from '../../src/kombo/fields.ts';
import { createKomboClient } from '../../src/kombo/client.ts';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import { syncWorkflowId } from '../../src/domain/names.ts';
import type { DebtKind } from '../../src/domain/reads.ts';
import { Secret } from '../../src/secret.ts';
import { readDebts } from '../../src/store/state/debts.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { afterFile } from '../support/after-file.ts';
import { createTestStore } from '../support/database.ts';

export const API_KEY = 'ks_test_MARKER_key';

/** Postgres, a sandbox on real HTTP, and activities between them, shared by the tests of a file. */
export async function createWorkbench() {
  const store = await createTestStore();
  const sandbox = createSandbox({ apiKey: API_KEY, integrations: [] });
  const baseUrl = await sandbox.listen();
  afterFile(() => sandbox.close());
  const lines: string[] = [];
  const settled: string[] = [];
  const woken: string[] = [];
  const { control } = sandbox;

  const activities = (
    more: Partial<ActivityDeps> & { timeoutMs?: number; apiKey?: string } = {},
  ): Activities => {
    const { timeoutMs, apiKey = API_KEY, ...deps } = more;
    return createActivities({
      settings: loadConfig({}),
      store,
      kombo: createKomboClient({ baseUrl, apiKey: new Secret(apiKey), ...defined({ timeoutMs }) }),
      budget: UNLIMITED,
      fields: STORES_ALL,
      temporal: {
        settle: (id) => {
          settled.push(id);
          return Promise.resolve();
        },
        wake: (id) => {
          woken.push(id);
          return Promise.resolve();
        },
      },
      gate: new TableGate(),
      log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
      notifyChanges: () => {},
      ...deps,
    });
  };

  return {
    store,
    control,
    kombo: createKomboClient({ baseUrl, apiKey: new Secret(API_KEY) }),
    activities,
    settled,
    woken,
    /** How often a sync was woken for an integration. */
    timesWoken: (id: string) => woken.filter((other) => other === id).length,
    logs: () => lines.join(''),
    /** A new integration, which Kombo and, by default, our database know. */
    integration: async (spec: Partial<SandboxIntegrationSpec> = {}, known = true): Promise<string> => {
      const id = `bombohr:${randomBytes(6).toString('hex')}`;
      control.addIntegration({ id, category: 'ATS', scale: 0, ...spec });
      if (known) await saveIntegration(store, { id, tool: 'bombohr', category: spec.category ?? 'ATS' });
      return id;
    },
    /** The queries of all requests for an endpoint. */
    queries: (integrationId: string, path = '/ats/jobs') =>
      control.requests({ integrationId, path }).map((request) => request.query),
    passes: async (integrationId: string): Promise<Pass[]> => {
      const { rows } = await store.pool.query<Pass>(
        'select * from kombo_sync.passes where integration_id = $1 order by id',
        [integrationId],
      );
      return rows;
    },
    /** The debts of an endpoint, by kind. */
    debts: async (integrationId: string, endpoint = '/ats/jobs') =>
      (await readDebts(store, integrationId)).get(endpoint) ?? {},
    /** Makes waiting debts as if they had waited this long already. */
    wait: (integrationId: string, ms: number) =>
      store.pool.query(
        `update kombo_sync.debts set due_at = due_at - $2 * interval '1 millisecond',
           tried_at = tried_at - $2 * interval '1 millisecond' where integration_id = $1`,
        [integrationId, ms],
      ),
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

/** The input of a new pass over the jobs. Use the same input again to continue it. */
export function pass(integrationId: string, more: Partial<SyncEndpointInput> = {}): SyncEndpointInput {
  return {
    integrationId,
    endpoint: '/ats/jobs',
    kind: 'delta',
    because: 'webhook',
    syncId: `run/${++syncs}`,
    trigger: 'webhook',
    ...more,
  };
}

/** The input of a sync by a timer that is asked for nothing. Name models to ask for them. */
export function start(integrationId: string, more: Partial<StartSyncInput> = {}): StartSyncInput {
  return {
    integrationId,
    syncId: `run/${++syncs}`,
    trigger: 'webhook',
    kind: 'delta',
    by: 'timer',
    models: [],
    ...more,
  };
}

/** What a start has read or left to be read, as 'kind endpoint'. */
export function readsOf(started: SyncStart): string[] {
  const looked = started.outcomes.filter(({ status }) => status === 'completed');
  const quiet = (started.quiet ?? []).map((endpoint) => ({ kind: 'delta', endpoint }));
  return [...looked, ...quiet, ...started.passes].map(({ kind, endpoint }) => `${kind} ${endpoint}`).sort();
}

/** Every read of an integration of this category. */
export function every(kind: DebtKind, category = 'ATS'): string[] {
  return enabledEndpoints(category)
    .map(({ path }) => `${kind} ${path}`)
    .sort();
}

const nothing = () => {};
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

type Info = NonNullable<ConstructorParameters<typeof MockActivityEnvironment>[0]>;

export function environment(info: Info = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: quiet });
}

/** The environment of an activity of `sync/<id>`, which waits for the next try of every read. */
export function inSync(integrationId: string): MockActivityEnvironment {
  return environment({ workflowExecution: { workflowId: syncWorkflowId(integrationId), runId: 'run' } });
}

/** Runs an activity's function as a worker does. */
export async function run<A, R>(
  activity: (input: A) => Promise<R>,
  input: A,
  env = environment(),
): Promise<R> {
  return env.run(activity, input);
}

/** Runs an activity and returns its error. */
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

/** Calls `then` as soon as a pass has committed this many pages. */
export function afterPage(pages: number, then: () => void): (event: PageEvent) => void {
  return (event) => {
    if (event.page === pages) then();
  };
}

/** Reads everything once, so that there is a watermark. */
export async function readOnce(bench: Workbench, integrationId: string, endpoint = '/ats/jobs') {
  const input = pass(integrationId, { endpoint, kind: 'full', because: 'never-read' });
  return run(bench.activities().syncEndpoint, input);
}

/** An integration whose endpoints were all read once, so that a start reads only what it is asked for. */
export async function wholeIntegration(
  bench: Workbench,
  spec: Partial<SandboxIntegrationSpec> = {},
): Promise<string> {
  const id = await bench.integration(spec);
  const { startSync, syncEndpoint } = bench.activities();
  // This also looks it up.
  await run(startSync, start(id, { lookUp: true, kind: 'full', by: 'full-sync' }));
  for (const { path } of enabledEndpoints(spec.category ?? 'ATS')) {
    await run(syncEndpoint, pass(id, { endpoint: path, kind: 'full' }));
  }
  bench.control.clearRequests();
  return id;
}
