import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { ActivityTemporal } from '../../activities/deps.ts';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import { findIntegration } from '../../src/store/integrations.ts';
import { noTemporal } from '../support/no-temporal.ts';
import { createWorkbench, pass, run } from './setup.ts';

export const ENDPOINTS = enabledEndpoints('ATS').map(({ path }) => path);
/** The passes of a plan that reads everything. */
export const FULL = ENDPOINTS.map((endpoint) => ({ endpoint, kind: 'full' }));

export interface Asked {
  models?: string[];
  refresh?: boolean;
  deletedAt?: Date;
}

/** What a planned sync is started with. */
export const input = (integrationId: string, { models = [], refresh = false, deletedAt }: Asked = {}) => ({
  integrationId,
  kind: 'delta' as const,
  models,
  refresh,
  syncId: randomUUID(),
  ...(deletedAt ? { deletedAt: deletedAt.getTime() } : {}),
});

/** The path at which Kombo tells of an integration. */
export const lookUp = (id: string) => `/integrations/${encodeURIComponent(id)}`;

/** A workbench for tests of what a sync learns of its integration before it reads. */
export async function createLookUps() {
  const bench = await createWorkbench();
  const { control, store } = bench;

  /** What the look-ups did in Temporal, as 'act id'. */
  const acts: string[] = [];
  const act = (name: string) => (id: string) => {
    acts.push(`${name} ${id}`);
    return Promise.resolve();
  };
  const temporal: ActivityTemporal = {
    ...noTemporal,
    ensureSchedules: async ({ id }) => act('schedule')(id).then(() => 'created' as const),
    deleteSchedules: act('unschedule'),
    cancelSyncs: async (id) => act('cancel')(id).then(() => []),
    planErasure: act('erase'),
    cancelErasure: act('keep'),
    wake: act('wake'),
  };

  const { planSync, recordFailures, syncEndpoint } = bench.activities({ temporal });
  const plan = (id: string, asked?: Asked) => run(planSync, input(id, asked));

  return {
    bench,
    temporal,
    planSync,
    recordFailures,
    syncEndpoint,
    plan,
    actsOf: (id: string) =>
      acts.filter((entry) => entry.endsWith(` ${id}`)).map((entry) => entry.split(' ')[0]),
    forgetActs: () => void acts.splice(0),
    known: async (id: string) => (await findIntegration(store, id))!,
    reads: (id: string) =>
      control.requests({ integrationId: id }).filter(({ path }) => !path.startsWith('/integrations/')).length,
    looks: (id: string) => control.requests({ path: lookUp(id) }).length,
    /** Known, active, and read in full once. */
    wholeIntegration: async (spec: { createdAt?: Date } = {}): Promise<string> => {
      const id = await bench.integration(spec, false);
      await plan(id, { refresh: true });
      for (const endpoint of ENDPOINTS) await run(syncEndpoint, pass(id, { endpoint }));
      expect((await plan(id)).passes).toEqual([]);
      acts.splice(0);
      return id;
    },
  };
}
