import type { StartSyncInput } from '../../activities/support/sync-start.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { createWorkbench, every, run, start, wholeIntegration } from './setup.ts';

/** Every read of an integration that is read in full. */
export const FULL = every('full');

/** The path of a look-up. */
export const lookUp = (id: string) => `/integrations/${encodeURIComponent(id)}`;

export interface Asked {
  models?: string[];
  lookUp?: boolean;
  deletedAt?: Date;
}

/** The input of a sync; with models, it is for a webhook. */
export const input = (id: string, { models, deletedAt, ...more }: Asked = {}): StartSyncInput =>
  start(id, {
    ...more,
    ...(models && { by: 'webhook', models }),
    deletedAt: deletedAt?.getTime(),
  });

/** A workbench for tests of look-ups. */
export async function createLookUps() {
  const bench = await createWorkbench();
  const { control, store } = bench;
  const { startSync, syncEndpoint } = bench.activities();

  return {
    bench,
    startSync,
    syncEndpoint,
    /** Starts a sync and ends it at once. */
    begin: (id: string, asked?: Asked) => run(startSync, input(id, asked)),
    known: async (id: string) => (await findIntegration(store, id))!,
    /** Whether Temporal was settled for it since the last call. */
    isSettled: (id: string) => bench.settled.splice(0).includes(id),
    reads: (id: string) =>
      control.requests({ integrationId: id }).filter(({ path }) => !path.startsWith('/integrations/')).length,
    looks: (id: string) => control.requests({ path: lookUp(id) }).length,
    /** An integration that is known, active, and read in full once. */
    whole: async (spec: { createdAt?: Date } = {}): Promise<string> => {
      const id = await wholeIntegration(bench, spec);
      bench.settled.splice(0);
      return id;
    },
  };
}
