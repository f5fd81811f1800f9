import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { CATALOGUE, enabledEndpoints, type Category } from '../../src/domain/catalogue/index.ts';
import type { StartSyncInput } from '../../activities/support/sync-start.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import { createWorld, type World, type WorldOptions } from '../conformance/support.ts';
import { readRow } from '../store/support.ts';
import { createTestStore, type TestStore } from '../support/database.ts';

export const APPLICATIONS = '/ats/applications';
export const JOBS = '/ats/jobs';

export let store: TestStore;
export let world: World;
export let integration = '';
let integrations = 0;

beforeAll(async () => {
  store = await createTestStore();
  world = await createWorld(store, { pageSize: 2 });
});
afterAll(async () => world.close());
beforeEach(() => {
  integration = addIntegration(world);
});

function addIntegration(to: World, category: Category = 'ATS'): string {
  const id = `bombohr:pitfall-${++integrations}`;
  to.sandbox.control.addIntegration({ id, category, scale: 0.02 });
  return id;
}

export async function withWorld(options: WorldOptions, work: (other: World, id: string) => Promise<void>) {
  const other = await createWorld(store, options);
  try {
    await work(other, addIntegration(other));
  } finally {
    await other.close();
  }
}

export const control = () => world.sandbox.control;
export const full = async (endpoint = APPLICATIONS) => world.sync(integration, endpoint, 'full');
export const delta = async (endpoint = APPLICATIONS) => world.sync(integration, endpoint, 'delta');
export const ids = (table = 'ats_applications') => control().ids(integration, table);
export const row = async (id: string, table = 'ats_applications') => readRow(store, integration, table, id);
export const isCurrent = async (id: string, table = 'ats_applications') =>
  expect((await row(id, table))?.raw).toEqual(control().snapshot(integration, table).get(id));
export const requests = (path: string) => control().requests({ integrationId: integration, path });
export const endpointsOf = (category: Category) => enabledEndpoints(category);

/** Starts a sync of these models, or of every endpoint. Returns what it still reads, and what it has read. */
export const start = async (kind: PassKind, more: Partial<StartSyncInput> = {}) => {
  const started = await world.run(world.activities.startSync, {
    integrationId: integration,
    kind,
    by: more.models ? 'webhook' : kind === 'full' ? 'full-sync' : 'catch-up',
    trigger: 'manual',
    syncId: randomUUID(),
    ...more,
  });
  return { ...started, read: [...started.passes, ...started.outcomes].map(({ endpoint }) => endpoint) };
};

export const everyEndpoint = () =>
  CATALOGUE.filter(({ category }) => category === 'ATS').map(({ path }) => path);
