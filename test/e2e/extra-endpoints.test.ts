import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { openConfigured } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { listUnknownModels } from '../../src/store/state/unknown-models.ts';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { knownModels } from '../../src/domain/catalogue/index.ts';
import { findOverview } from '../../src/store/reports/overview.ts';
import { fullSync, syncNow } from '../../src/operations/syncs.ts';
import type { SyncResult } from '../../src/domain/sync.ts';
import type { RunningServer } from '../../src/http/server.ts';
import type { RunningWorker } from '../../src/worker/run.ts';
import { cli } from '../cli/spawn.ts';
import { eventually } from '../support/poll.ts';
import { accepted, createSystem } from './setup.ts';
import { copySources } from './sources.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const PATH = '/hris/brand-new';
const TABLE = 'hris_brand_new';
/** The entry of a later version. */
const ENTRY = `  defineEndpoint({
    path: '${PATH}',
    models: { ${TABLE}: 'own' },
    fields: { remote_id: 'text', name: 'text', amount: 'numeric', active: 'boolean', lines: 'jsonb' },
  }),
`;

const TOKEN = 'token-of-a-test-1234567890';
const system = await createSystem({ EXTRA_ENDPOINTS: PATH, ADMIN_TOKEN: TOKEN });
const { control, config } = system;
const store = openConfigured(config, { max: 10 });
const later = copySources(ENTRY);
const env = { ...system.environment, TEMPORAL_ADDRESS: inject('temporalAddress') };
const ID = system.integration({ category: 'HRIS', records: {} });
let running: (RunningWorker | RunningServer)[] = [];
let server: RunningServer;

beforeAll(async () => {
  await migrate(store);
  control.addEndpoint({ path: PATH });
  for (let made = 0; made < 5; made += 1) control.create(ID, TABLE, { fields: { lines: [made] } });
  server = await system.server({ store });
  running = [await system.worker({ store }), server];
  await control.announce(ID, 'integration-created');
  await system.settled(ID);
});

afterAll(() => store.close());

interface Row {
  raw: Record<string, unknown>;
  deleted_at: Date | null;
}

async function rows<R extends Row = Row>(): Promise<R[]> {
  const found = await store.pool.query<R>(
    `select * from kombo.${TABLE} where integration_id = $1 order by id`,
    [ID],
  );
  return found.rows;
}

/** Waits until the table holds what Kombo shows. */
const equal = () =>
  eventually(
    async () => {
      const shown = control.snapshot(ID, TABLE);
      const [here, gone] = partition(await rows(), ({ raw }) => shown.has(String(raw['id'])));
      expect(Object.fromEntries(here.map(({ raw }) => [raw['id'], raw]))).toEqual(Object.fromEntries(shown));
      return gone.every((row) => row.deleted_at !== null);
    },
    { timeoutMs: 30_000 },
  );

function partition<T>(items: readonly T[], holds: (item: T) => boolean): [T[], T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}

const reads = () => control.requests({ integrationId: ID, path: PATH }).map(({ query }) => query);

async function changes(): Promise<string[]> {
  const { rows: found } = await store.pool.query<{ change: string }>(
    `select seq || ' ' || op || ' ' || id as change from kombo_sync.changes where table_name = $1 order by seq`,
    [TABLE],
  );
  return found.map(({ change }) => change);
}

const operator = { ...system.operator, store };
/** A page as you see it after the login. */
const page = async (path: string) => {
  const origin = new URL(server.url).origin;
  const body = new URLSearchParams({ token: TOKEN });
  const login = await fetch(`${origin}/login`, {
    method: 'POST',
    body,
    headers: { origin },
    redirect: 'manual',
  });
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
  const response = await fetch(`${origin}${path}`, { headers: { cookie } });
  expect(response.status).toBe(200);
  return response.text();
};

// From the setting to the version that knows the endpoint. The tests build on each other.

test('it is read in full into a table without columns for its fields', async () => {
  await equal();
  expect(await rows()).toHaveLength(5);
  expect(Object.keys((await rows())[0]!)).not.toContain('name');
});

test('(I13) a webhook that names its table makes a delta, and no unknown model', async () => {
  const [changed = '', deleted = ''] = control.ids(ID, TABLE);
  control.update(ID, TABLE, changed, { amount: 12.5 });
  control.tombstone(ID, TABLE, deleted);
  control.clearRequests();
  await accepted(control.flushWebhook(ID));
  await equal();
  for (const query of reads()) expect(query).toHaveProperty('updated_after');
  await accepted(system.control.sendWebhook({ type: 'data-changed', data: named(TABLE, 'hris_other_new') }));
  expect((await eventually(() => system.settled(ID))).unknownModels).toEqual(['hris_other_new']);
  const unknown = await listUnknownModels(store, knownModels([]));
  expect(unknown.map(({ name }) => name)).toEqual(['hris_other_new']);
  expect(await page('/metrics')).toContain('\nkombo_sync_webhook_unknown_models_total 1\n');
});

function named(...models: string[]) {
  return { integration_id: ID, changed_models: models.map((name) => ({ name })) };
}

test('you can sync it by name, now and in full, with a sweep', async () => {
  const [gone = ''] = control.ids(ID, TABLE);
  control.vanish(ID, TABLE, gone);
  const result = async ({ workflowId, runId }: { workflowId: string; runId: string }) => {
    const handle = system.temporal.client.workflow.getHandle(workflowId, runId);
    return (await handle.result()) as SyncResult;
  };
  const now = await result(await syncNow(operator, ID, { models: [TABLE] }));
  expect(now).toMatchObject({ status: 'completed' });
  const full = await result(await fullSync(operator, ID, { models: [TABLE] }));
  expect(full).toMatchObject({ status: 'completed', counts: { deleted: 1 } });
  const live = (await rows()).filter(({ deleted_at: deleted }) => deleted === null);
  expect(live).toHaveLength(3);
});

test('status, pages and metrics show it', async () => {
  expect(await findOverview(store, ID, { ...ALL_MODELS, EXTRA_ENDPOINTS: [PATH] })).toMatchObject({
    id: ID,
    status: 'active',
  });
  expect(await page(`/integrations/${encodeURIComponent(ID)}`)).toContain(PATH);
  expect(await page('/metrics')).toMatch(/\nkombo_sync_freshness_seconds\{category="HRIS"\} \d/);
});

test('if the database lacks its table, a worker says what to run', async () => {
  const lacking = { ...env, EXTRA_ENDPOINTS: `${PATH},/hris/still-newer` };
  const { code, stderr } = await cli(['worker'], lacking);
  expect(code).toBe(1);
  expect(stderr).toContain(
    'The database lacks kombo.hris_still_newer, kombo_live.hris_still_newer. Run: kombo-sync setup',
  );
});

test('without the setting its rows stay, it is not read, and everything else works', async () => {
  for (const one of running) await ('stop' in one ? one.stop() : one.close());
  const { EXTRA_ENDPOINTS: _, ...plain } = config;
  const bare = { ...plain, EXTRA_ENDPOINTS: [] };
  const worker = await system.worker({ config: bare });
  server = await system.server({ config: bare });
  control.clearRequests();
  control.update(ID, TABLE, control.ids(ID, TABLE));
  await accepted(control.flushWebhook(ID));
  await accepted(system.control.sendWebhook({ type: 'data-changed', data: named('hris_locations') }));
  expect(await eventually(() => system.settled(ID))).toMatchObject({ status: 'completed' });
  expect(reads()).toEqual([]);
  expect(await rows()).toHaveLength(5);
  // Its passes are in the history, which each of these shows or counts.
  for (const path of ['/', `/integrations/${encodeURIComponent(ID)}`, '/metrics', '/readyz']) {
    await page(path);
  }
  const { rows: passes } = await store.pool.query('select from kombo_sync.passes where endpoint = $1', [
    PATH,
  ]);
  expect(passes.length).toBeGreaterThan(2);
  await worker.stop();
  await server.close();
});

test('a version that knows it fills its columns, reads nothing again, and writes no change', async () => {
  const before = await changes();
  control.clearRequests();
  const { migrations } = await later.cli<{ migrations: string[] }>(env, 'setup');
  expect(migrations).toEqual([
    `kombo.${TABLE} (remote_id, name, amount, active, lines)`,
    `kombo_live.${TABLE} (remote_id, name, amount, active, lines)`,
  ]);
  const filled = await rows<Row & Record<string, unknown>>();
  for (const { raw, amount, ...row } of filled) {
    expect(row).toMatchObject({ remote_id: raw['remote_id'], name: raw['name'], active: raw['active'] });
    expect(row).toMatchObject({ lines: raw['lines'] });
    expect(amount === null ? null : Number(amount)).toBe(raw['amount']);
  }
  const [serve, worker] = ['serve', 'worker'].map((name) => later.start(env, 'src/cli/main.ts', name));
  const { url } = JSON.parse(await serve!.printed('\n')) as { url: string };
  control.setWebhookUrl(`${url}/webhooks/kombo`);
  await worker!.printed('\n');
  await later.cli(env, 'sync', 'now', ID);
  await equal();
  const changed = (await changes()).slice(before.length);
  // What changed while the setting did not name it.
  expect(changed.map((change) => change.split(' ')[1])).toEqual(['updated', 'updated', 'updated']);
  for (const query of reads()) expect(query).toHaveProperty('updated_after');

  await later.cli(env, 'sync', 'full', ID, '--models', TABLE, '--wait');
  expect(await changes()).toHaveLength(before.length + 3);
  const [created = ''] = control.create(ID, TABLE, { fields: { name: 'Zed' } });
  await accepted(control.flushWebhook(ID));
  await equal();
  expect(await rows()).toContainEqual(expect.objectContaining({ id: created, name: 'Zed' }));
});
