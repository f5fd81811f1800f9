import { beforeAll, describe, expect, test } from 'vitest';
import type { ExtraEndpointSpec } from '../../sandbox/state/extra.ts';
import { loadConfig } from '../../src/config.ts';
import { openStore } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createWorkbench, pass, readsOf, run, start } from './setup.ts';
import { statesFromPasses } from '../support/states.ts';

const PATHS = Array.from({ length: 26 }, (_, index) => `/hris/brand-new-${index}`);
const bench = await createWorkbench();
const { control, store } = bench;
const settings = loadConfig({ EXTRA_ENDPOINTS: PATHS.join(',') });
const { startSync, syncEndpoint } = bench.activities({ settings });

beforeAll(async () => {
  const owner = openStore(store.url, { max: 2, extraEndpoints: PATHS });
  await migrate(owner);
  await owner.close();
});

let used = 0;

/** A new endpoint, because all integrations share what is learnt, and an integration that has read it. */
async function readNew(spec: Omit<ExtraEndpointSpec, 'path'> = {}, records = 5) {
  const endpoint = PATHS[used++]!;
  const table = endpoint.slice(1).replaceAll(/[/-]/g, '_');
  control.addEndpoint({ path: endpoint, ...spec });
  const id = await bench.integration({ category: 'HRIS', records: { [table]: records } });
  const full = () => run(syncEndpoint, pass(id, { endpoint, kind: 'full', because: 'never-read' }));
  const told = () => run(startSync, start(id, { by: 'webhook', models: [table] }));
  const mine = (started: Awaited<ReturnType<typeof told>>) =>
    readsOf(started).filter((read) => read.endsWith(` ${endpoint}`));
  expect(await full()).toMatchObject({ state: 'completed', counts: { created: records } });
  return {
    id,
    endpoint,
    table,
    full,
    told,
    /** What a webhook that names it makes a sync read. Reads that are left are done too. */
    news: async () => {
      const started = await told();
      for (const { endpoint: path, kind, because } of started.passes) {
        if (path === endpoint) await run(syncEndpoint, pass(id, { endpoint, kind, because }));
      }
      return mine(started);
    },
    live: () => bench.count(id, 'deleted_at is null', table),
    asked: () => bench.queries(id, endpoint),
    age: (interval: string) =>
      store.pool.query(
        `update kombo_sync.extra_endpoints set learnt_at = now() - $2::interval where path = $1`,
        [endpoint, interval],
      ),
    /** As if everything had been read so long ago. */
    wait: async (interval: string) => {
      await store.pool.query(
        `update kombo_sync.passes set started_at = started_at - $2::interval where integration_id = $1`,
        [id, interval],
      );
      await statesFromPasses(store);
    },
    learnt: async () => {
      const { rows } = await store.pool.query<Record<string, unknown>>(
        `select paginated, include_deleted, updated_after, by_ids from kombo_sync.extra_endpoints
         where path = $1 and learnt_at is not null`,
        [endpoint],
      );
      return rows[0];
    },
  };
}

const ALL = { paginated: true, include_deleted: true, updated_after: true, by_ids: true };

describe('an unknown endpoint', () => {
  test('is read by deltas, with its deletions, if Kombo takes updated_after', async () => {
    const one = await readNew();
    expect(await one.learnt()).toEqual(ALL);
    const [changed = '', deleted = ''] = control.ids(one.id, one.table);
    control.update(one.id, one.table, changed, { name: 'Zed' });
    control.tombstone(one.id, one.table, deleted);
    expect(await one.news()).toEqual([`delta ${one.endpoint}`]);
    expect(await one.live()).toBe(4);
    expect(await bench.count(one.id, `raw ->> 'name' = 'Zed'`, one.table)).toBe(1);
    expect(one.asked().at(-1)).toMatchObject({
      updated_after: expect.any(String) as string,
      include_deleted: 'true',
      page_size: '250',
    });
  });

  // An ignored parameter shows everything, a hiding one nothing: neither may count as a delta.
  test.each(['ignored', 'refused', 'hides'] as const)(
    'is read in full for webhooks if updated_after is %s, at most once per FULL_REFRESH_INTERVAL',
    async (updatedAfter) => {
      const one = await readNew({ updatedAfter });
      expect(await one.learnt()).toEqual({ ...ALL, updated_after: false });
      control.create(one.id, one.table);
      expect(await one.news()).toEqual([]);
      expect(await bench.debts(one.id, one.endpoint)).toMatchObject({ full: { failure: null } });
      await one.wait('7 hours');
      expect(await one.news()).toEqual([`full ${one.endpoint}`]);
      expect(await one.live()).toBe(6);
      expect(await bench.debts(one.id, one.endpoint)).toEqual({});
    },
  );

  test.each([
    ['ignored', 1],
    ['hides', 5],
  ] as const)('is swept by its list if ids is %s, also with %i records', async (ids, records) => {
    const one = await readNew({ ids }, records);
    expect(await one.learnt()).toEqual({ ...ALL, by_ids: false });
  });

  test.each(['ignored', 'refused', 'hides'] as const)(
    '(I15) with ids that is %s, loses only the rows of deleted records in a sweep',
    async (ids) => {
      const one = await readNew({ ids, pageSize: 'ignored' }, 120);
      expect(await one.learnt()).toEqual({ ...ALL, by_ids: false });
      const [gone = ''] = control.ids(one.id, one.table);
      control.vanish(one.id, one.table, gone);
      expect(await one.full()).toMatchObject({ state: 'completed', sweep: { candidates: 1, deleted: 1 } });
      expect(await one.live()).toBe(119);
    },
  );

  test.each([
    [{ includeDeleted: 'refused' }, { include_deleted: false }],
    [{ pageSize: 'refused' }, { paginated: false }],
    [
      { includeDeleted: 'refused', pageSize: 'refused', updatedAfter: 'refused', ids: 'refused' },
      { paginated: false, include_deleted: false, updated_after: false, by_ids: false },
    ],
  ] as const)('is read without what Kombo refuses: %j', async (spec, taken) => {
    const one = await readNew(spec, 300);
    expect(await one.learnt()).toEqual({ ...ALL, ...taken });
    control.tombstone(one.id, one.table, control.ids(one.id, one.table, { limit: 2 }));
    expect(await one.full()).toMatchObject({ state: 'completed' });
    expect(await one.live()).toBe(298);
  });

  test('is learnt once for all integrations, and again after a week', async () => {
    const one = await readNew();
    const asked = one.asked().length;
    await one.full();
    expect(one.asked()).toHaveLength(asked + 1);
    control.addEndpoint({ path: one.endpoint, updatedAfter: 'ignored' });
    await one.age('6 days 23 hours');
    await one.full();
    expect(await one.learnt()).toEqual(ALL);
    await one.age('7 days 1 hour');
    await one.full();
    expect(await one.learnt()).toEqual({ ...ALL, updated_after: false });
  });

  test('is read at once for its first record, and learnt with it', async () => {
    const one = await readNew({}, 0);
    expect(await one.learnt()).toEqual({ ...ALL, updated_after: null, by_ids: null });
    control.create(one.id, one.table);
    expect(await one.news()).toEqual([`full ${one.endpoint}`]);
    expect(await one.live()).toBe(1);
    expect(await one.learnt()).toEqual(ALL);
  });

  test('(I6) is read in full by a timer if Kombo no longer takes updated_after', async () => {
    const one = await readNew();
    control.addEndpoint({ path: one.endpoint, updatedAfter: 'refused' });
    control.create(one.id, one.table);
    await one.wait('7 hours');
    const { outcomes } = await one.told();
    expect(outcomes).toContainEqual(
      expect.objectContaining({ endpoint: one.endpoint, kind: 'delta', status: 'failed' }),
    );
    expect(await one.learnt()).toBeUndefined();
    await bench.wait(one.id, 3_600_000);
    const timer = await run(startSync, start(one.id));
    expect(timer.passes.filter(({ endpoint }) => endpoint === one.endpoint)).toMatchObject([
      { kind: 'full' },
    ]);
    await one.full();
    expect(await one.learnt()).toEqual({ ...ALL, updated_after: false });
    expect(await bench.debts(one.id, one.endpoint)).toEqual({});
    expect(await one.live()).toBe(6);
  });

  test('is read even if it cannot be learnt, and learnt later', async () => {
    const endpoint = PATHS[used]!;
    // The first request gets the list. Those that try its filters fail.
    control.addFault({ kind: 'unavailable', endpoint, nth: 2, count: 1 });
    const one = await readNew();
    expect(await one.learnt()).toBeUndefined();
    expect(await one.live()).toBe(5);
    await one.full();
    expect(await one.learnt()).toEqual(ALL);
  });

  test('counts as not offered if Kombo refuses it without a known code', async () => {
    const id = await bench.integration({ category: 'HRIS' });
    const endpoint = PATHS.at(-2)!;
    const body = JSON.stringify({ status: 'error', error: { code: null, message: 'no' } });
    const fault = control.addFault({ kind: 'status', endpoint, status: 404, body, count: 'always' });
    const input = pass(id, { endpoint, kind: 'full', because: 'never-read' });
    expect(await run(syncEndpoint, input)).toMatchObject({
      state: 'skipped',
      reason: { message: expect.stringContaining('does not offer') as string },
    });
    control.removeFault(fault);
  });

  test('that is not a list needs attention, and the message names the setting', async () => {
    const id = await bench.integration({ category: 'HRIS' });
    const endpoint = PATHS.at(-1)!;
    const result = await run(syncEndpoint, pass(id, { endpoint, kind: 'full', because: 'never-read' }));
    expect(result).toMatchObject({
      state: 'failed',
      reason: {
        code: 'PLATFORM.INPUT_INVALID',
        message: expect.stringContaining('EXTRA_ENDPOINTS') as string,
      },
    });
    expect(await bench.debts(id, endpoint)).toMatchObject({ full: { failure: { needsAttention: true } } });
  });

  test('(I17) has nothing of its records in the log', () => {
    expect(bench.logs()).toContain('Learnt which parameters an endpoint takes');
    expect(bench.logs()).not.toContain('remote_id');
  });
});
