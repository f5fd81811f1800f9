import { beforeAll, describe, expect, test } from 'vitest';
import { LOOK_UP, type DebtKind } from '../../src/domain/reads.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { owe } from '../../src/store/state/debts.ts';
import { park, pause } from '../../src/store/state/life.ts';
import { countOverview, findOverview, listOverview } from '../../src/store/reports/overview.ts';
import { listSyncs, syncsUnderWay } from '../../src/store/reports/history.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { insertPasses } from '../support/page-data.ts';
import { statesFromPasses } from '../support/states.ts';

let store: TestStore;
const MINUTE = 60_000;

beforeAll(async () => {
  store = await createTestStore();
  for (const [id, tool, category, organizationName] of [
    ['docebo:1', 'docebo', 'LMS', 'Initech'],
    ['greenhouse:1', 'greenhouse', 'ATS', '100% Globex_Co'],
    ['hibob:1', 'hibob', 'HRIS', null],
    ['hibob:2', 'hibob', 'HRIS', 'Acme'],
  ] as const) {
    await saveIntegration(store, { id, tool, category, organizationName });
  }
  await insertPasses(store, { deltas: 2 });
});

const fail = (
  id: string,
  endpoint: string,
  more: { needsAttention?: boolean; inMs?: number; kind?: DebtKind } = {},
) =>
  insertDebt(store, id, {
    endpoint,
    kind: more.kind ?? 'delta',
    since: new Date(),
    dueAt: new Date(Date.now() + (more.inMs ?? MINUTE)),
    failure: { since: new Date(), needsAttention: more.needsAttention ?? false },
  });

const ids = async (filter: Parameters<typeof listOverview>[1]) =>
  (await listOverview(store, filter)).entries.map(({ id }) => id);

describe('listing', () => {
  test('lists in pages, ordered by id, until there is no next one', async () => {
    const first = await listOverview(store, { limit: 3 });
    expect(first.entries.map(({ id }) => id)).toEqual(['docebo:1', 'greenhouse:1', 'hibob:1']);
    const second = await listOverview(store, { limit: 3, after: first.next! });
    expect(second).toMatchObject({ entries: [{ id: 'hibob:2' }], next: null });
    expect((await listOverview(store, { limit: 4 })).next).toBeNull();
  });

  test('a search finds part of an id, a name or a tool in any case, and has no wildcards', async () => {
    expect(await ids({ search: 'HIBOB' })).toEqual(['hibob:1', 'hibob:2']);
    expect(await ids({ search: 'cme' })).toEqual(['hibob:2']);
    expect(await ids({ search: '%' })).toEqual(['greenhouse:1']);
    expect(await ids({ search: '_' })).toEqual(['greenhouse:1']);
    expect(await ids({ search: '\\' })).toEqual([]);
    expect(await ids({ search: 'hibob', category: 'ATS' })).toEqual([]);
  });
});

test('counts cover what is listed; only active integrations count as failing', async () => {
  await fail('hibob:1', '/hris/groups');
  await fail('hibob:1', '/hris/employees');
  await fail('docebo:1', '/lms/users');
  await pause(store, 'docebo:1', 'holidays');
  await park(store, 'greenhouse:1', {
    code: 'INVALID',
    message: 'm',
    needsAttention: true,
    retryInMs: 0,
  });
  const byStatus = { active: 2, parked: 1, paused: 1, removed: 0 };
  expect(await countOverview(store)).toEqual({ total: 4, byStatus, failing: 1 });
  expect(await ids({ failing: true })).toEqual(['hibob:1']);
  const found = await countOverview(store, { search: 'hibob' });
  expect(found).toEqual({ total: 2, byStatus: { active: 2, parked: 0, paused: 0, removed: 0 }, failing: 1 });
  expect(await countOverview(store, { category: 'LMS' })).toMatchObject({ total: 1, failing: 0 });
});

describe('an integration', () => {
  test('has the oldest full read of its endpoints as its last full sync, and none if one was never read in full', async () => {
    const whole = await findOverview(store, 'hibob:2');
    expect(Date.now() - whole!.lastFullAt!.getTime()).toBeGreaterThan(17 * 60 * MINUTE);
    await store.pool.query(
      `update kombo_sync.passes set started_at = started_at - interval '30 days'
       where integration_id = 'hibob:2' and endpoint = '/hris/groups' and kind = 'full'`,
    );
    await statesFromPasses(store);
    const older = await findOverview(store, 'hibob:2');
    expect(Date.now() - older!.lastFullAt!.getTime()).toBeGreaterThan(30 * 24 * 60 * MINUTE);
    await store.pool.query(
      `delete from kombo_sync.passes where integration_id = 'hibob:2' and endpoint = '/hris/groups' and kind = 'full'`,
    );
    await statesFromPasses(store);
    expect((await findOverview(store, 'hibob:2'))!.lastFullAt).toBeNull();
    await insertDebt(store, 'hibob:2', {
      endpoint: '/hris/groups',
      kind: 'delta',
      failure: { errorClass: 'EndpointDisabled', message: 'not offered', givenUp: true },
    });
    expect(await findOverview(store, 'hibob:2')).toMatchObject({
      lastFullAt: whole!.lastFullAt,
      notOffered: ['/hris/groups'],
      failedEndpoints: [],
    });
  });

  test('(I18) is as fresh as its oldest endpoint, and not fresher than the oldest debt of any of them', async () => {
    const freshAsOf = async () => (await findOverview(store, 'greenhouse:1'))!.freshAsOf;
    const oldest = (await freshAsOf())!;
    expect(Date.now() - oldest.getTime()).toBeLessThan(3 * MINUTE);
    const named = new Date(Date.now() - 60 * MINUTE);
    const oweTags = (kind: DebtKind) => owe(store, 'greenhouse:1', [{ endpoint: '/ats/tags', kind }], named);
    await oweTags('sweep');
    await owe(store, 'greenhouse:1', [{ endpoint: LOOK_UP, kind: 'look-up' }], named);
    expect(await freshAsOf()).toEqual(oldest);
    await oweTags('delta');
    expect(await freshAsOf()).toEqual(named);
    await insertDebt(store, 'greenhouse:1', {
      endpoint: '/ats/tags',
      kind: 'full',
      failure: { errorClass: 'EndpointDisabled' },
    });
    expect(await freshAsOf()).toEqual(oldest);
  });

  test('has the first try of its failing reads as its next try', async () => {
    await fail('hibob:2', '/hris/absences', { inMs: 9 * MINUTE });
    await fail('hibob:2', '/hris/locations', { inMs: 3 * MINUTE, needsAttention: true });
    await fail('hibob:2', '/hris/absences', { inMs: 20 * MINUTE, kind: 'full' });
    await fail('hibob:2', LOOK_UP, { inMs: 30 * MINUTE, kind: 'look-up' });
    // This one is not among the endpoints that are read.
    await fail('hibob:2', '/hris/of-another-version', { inMs: MINUTE });
    const found = await findOverview(store, 'hibob:2');
    expect(found).toMatchObject({
      failedEndpoints: ['/hris/absences', '/hris/locations', LOOK_UP],
      endpointsNeedingAttention: ['/hris/locations'],
    });
    expect(found!.nextTryAt!.getTime() - Date.now()).toBeLessThanOrEqual(3 * MINUTE);
    expect(found!.nextTryAt!.getTime() - Date.now()).toBeGreaterThan(2 * MINUTE);
  });

  test('has what runs, with its progress, even if newer syncs have begun since', async () => {
    expect(await findOverview(store, 'hibob:1')).toMatchObject({
      runningPasses: 0,
      runningSince: null,
      runningFull: false,
    });
    const startedAt = new Date(Date.now() - 50 * 60 * MINUTE);
    await store.pool.query(
      `insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because, state,
         watermark_at, moves_watermark, records, started_at, finished_at)
       values ('long', 'w', 'r', 'hibob:1', '/hris/groups', 'full', 'manual', 'full-sync', 'completed', now(), true, 5, $1, now()),
         ('long', 'w', 'r', 'hibob:1', '/hris/employees', 'full', 'manual', 'full-sync', 'running', now(), true, 700, $1, null)`,
      [startedAt],
    );
    expect(await findOverview(store, 'hibob:1')).toMatchObject({
      runningPasses: 1,
      // Includes an endpoint that the same sync has completed.
      runningRecords: 705,
      runningSince: startedAt,
      runningFull: true,
    });
    const newest = await listSyncs(store, { integrationId: 'hibob:1', limit: 2 });
    expect(newest.entries.map(({ syncId }) => syncId)).not.toContain('long');
    const running = await syncsUnderWay(store, 'hibob:1');
    expect(running).toMatchObject([{ syncId: 'long', status: 'running', counts: { records: 705 } }]);
    expect(running[0]!.passes).toHaveLength(2);
    expect(await syncsUnderWay(store, 'hibob:2')).toEqual([]);
  });
});
