import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { addDeliveries } from '../../src/store/state/deliveries.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { park, pause, remove } from '../../src/store/state/life.ts';
import { noteUnknown } from '../../src/store/state/unknown-integrations.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { startApi } from './api.ts';
import { CLOSED_ADDRESS, temporalAt, testConfig } from './support.ts';

const get = async <T>(store: TestStore, path: string): Promise<T> => {
  const { call } = await startApi(store);
  const answer = await call('GET', path);
  expect(answer.statusCode).toBe(200);
  return answer.json<T>();
};

test('the summary counts all integrations', async () => {
  const store = await createTestStore();
  for (const id of ['a:1', 'a:2', 'a:3', 'a:4', 'a:5']) {
    await saveIntegration(store, { id, tool: 'a', category: 'HRIS' });
  }
  await pause(store, 'a:2', 'a reason');
  await remove(store, 'a:3', { code: 'Deleted', message: 'It was deleted.', at: new Date() });
  await park(store, 'a:4', { code: 'X', message: 'x', needsAttention: false, retryInMs: 0 });
  await noteUnknown(store, 'a:9');
  // An endpoint counts once even if several kinds of its reads fail. One that the tool does not offer does not fail.
  for (const row of [
    { endpoint: '/hris/employees', kind: 'delta', failure: {} },
    { endpoint: '/hris/employees', kind: 'full', failure: { needsAttention: true } },
    { endpoint: '/hris/groups', kind: 'sweep', failure: {} },
    { endpoint: '/hris/teams', kind: 'delta', failure: { errorClass: 'EndpointDisabled' } },
    { endpoint: '/hris/absences', kind: 'delta' },
  ] as const) {
    await insertDebt(store, 'a:1', { ...row, since: new Date() });
  }
  await store.pool.query(
    `insert into kombo_sync.rejected_records (integration_id, endpoint, record_key, reason, hash)
     values ('a:1', '/hris/employees', 'x', 'too_deep', 'abc')`,
  );
  await store.pool.query(`update kombo_sync.integrations set created_at = now() - interval '1 hour'`);
  const summary = await get<{ freshnessSeconds: Record<string, number> }>(store, '/summary');
  expect(summary).toEqual({
    integrations: { active: 2, parked: 1, paused: 1, removed: 1 },
    failing: 1,
    failedEndpoints: 2,
    endpointsNeedingAttention: 1,
    rejectedRecords: 1,
    unknownIntegrations: 1,
    freshnessSeconds: { HRIS: expect.any(Number) as number },
  });
  expect(summary.freshnessSeconds['HRIS']).toBeGreaterThanOrEqual(3_600);
  expect(summary.freshnessSeconds['HRIS']).toBeLessThan(7_200);
  // Data is as old as the oldest change that was reported and not read.
  await insertDebt(store, 'a:5', {
    endpoint: '/hris/employees',
    kind: 'delta',
    since: new Date(Date.now() - 10_800_000),
  });
  const later = await get<{ freshnessSeconds: Record<string, number> }>(store, '/summary');
  expect(later.freshnessSeconds['HRIS']).toBeGreaterThanOrEqual(10_800);
});

describe('the audit log', () => {
  interface Page {
    entries: { id: number; action: string; integrationId: string | null }[];
    next: number | null;
  }

  test('lists the newest acts first, page by page, and can be filtered by integration', async () => {
    const store = await createTestStore();
    await saveIntegration(store, { id: 'a:1', tool: 'a', category: 'HRIS' });
    await saveIntegration(store, { id: 'a:2', tool: 'a', category: 'HRIS' });
    const { call } = await startApi(store);
    const acts: [string, string][] = [
      ['a:1', 'one'],
      ['a:2', 'two'],
      ['a:1', 'three'],
    ];
    for (const [id, reason] of acts) {
      const headers = { 'x-actor': 'ada' };
      const answer = await call('POST', `/integrations/${id}/pause`, { body: { reason }, headers });
      expect(answer.statusCode).toBe(200);
    }
    const first = await get<Page>(store, '/audit?limit=2');
    expect(first.entries).toMatchObject([
      {
        action: 'pause',
        integrationId: 'a:1',
        actor: 'ada',
        source: 'api',
        address: '127.0.0.1',
        details: { reason: 'three' },
        outcome: 'done',
        message: null,
      },
      { integrationId: 'a:2', details: { reason: 'two' } },
    ]);
    await call('POST', '/integrations/a:1/pause', { body: { reason: 'four' } });
    const second = await get<Page>(store, `/audit?limit=2&before=${first.next}`);
    expect(second).toMatchObject({ entries: [{ details: { reason: 'one' } }], next: null });
    const ofOne = await get<Page>(store, '/audit?integration=a:1&limit=3');
    expect(ofOne.next).toBeNull();
    expect(ofOne.entries.map((entry) => entry.integrationId)).toEqual(['a:1', 'a:1', 'a:1']);
  });
});

test('unknown integrations are listed page by page, the one named last first', async () => {
  const store = await createTestStore();
  for (const id of ['a:1', 'a:2', 'a:3', 'a:2']) await noteUnknown(store, id);
  const first = await get<{ integrations: object[]; next: string }>(store, '/unknown-integrations?limit=2');
  expect(first.integrations).toMatchObject([
    { id: 'a:2', times: 2 },
    { id: 'a:3', times: 1 },
  ]);
  const second = await get(store, `/unknown-integrations?limit=2&cursor=${first.next}`);
  expect(second).toMatchObject({ integrations: [{ id: 'a:1' }], next: null });
});

describe('the cutover', () => {
  interface Report {
    verdict: string;
    counts: Record<string, number>;
    integrations: { integrationId: string; verdict: string; checks: { name: string; verdict: string }[] }[];
    next: string | null;
  }
  let store: TestStore;
  beforeAll(async () => {
    store = await createTestStore();
    for (const id of ['cut:1', 'cut:2', 'cut:3'])
      await saveIntegration(store, { id, tool: 'cut', category: 'LMS' });
    await pause(store, 'cut:2', 'a reason');
    const at = new Date('2026-03-01T00:00:00Z');
    await addDeliveries(store, [
      {
        integrationId: 'cut:1',
        type: 'sync-finished',
        outcome: 'accepted',
        times: 2,
        firstAt: at,
        lastAt: at,
      },
    ]);
  });

  test('is judged over all integrations, and listed page by page', async () => {
    const first = await get<Report>(store, '/cutover?limit=2');
    expect(first).toMatchObject({
      verdict: 'blocked',
      legacy: { mode: 'on', times: 2, types: ['sync-finished'], lastSeenAt: '2026-03-01T00:00:00.000Z' },
      message: expect.stringMatching(/Not safe/) as string,
    });
    expect(Object.values(first.counts).reduce((sum, one) => sum + one, 0)).toBe(3);
    expect(first.integrations.map((one) => one.integrationId)).toEqual(['cut:1', 'cut:2']);
    const second = await get<Report>(store, `/cutover?limit=2&cursor=${first.next}`);
    expect(second.integrations.map((one) => one.integrationId)).toEqual(['cut:3']);
    expect(second).toMatchObject({ verdict: 'blocked', counts: first.counts, next: null });
  });

  test('can be filtered by verdict', async () => {
    const all = await get<Report>(store, '/cutover');
    for (const verdict of ['ready', 'wait', 'blocked']) {
      const listed = await get<Report>(store, `/cutover?verdict=${verdict}`);
      expect(listed.integrations).toEqual(all.integrations.filter((one) => one.verdict === verdict));
      expect(listed.counts).toEqual(all.counts);
    }
  });

  test('is reported for one integration, with what to do', async () => {
    const { call, temporal } = await startApi(store);
    const integration = { id: 'cut:3', tool: 'cut', category: 'LMS' as const };
    await ensureSchedules(temporal.client, testConfig(), integration);
    onTestFinished(() => deleteSchedules(temporal.client, 'cut:3'));
    const schedule = async () => {
      const report = (await call('GET', '/integrations/cut:3/cutover')).json<Report>();
      expect(report.integrations).toHaveLength(1);
      return report.integrations[0]?.checks.find((check) => check.name === 'schedule');
    };
    // Temporal's list of schedules lags behind.
    await expect.poll(schedule, { timeout: 20_000 }).toMatchObject({ verdict: 'ready', remedy: null });
  });

  test('reports that Temporal is away instead of failing', { timeout: 20_000 }, async () => {
    const { call } = await startApi(store, {}, { temporal: temporalAt(CLOSED_ADDRESS) });
    const answer = await call('GET', '/cutover');
    expect(answer.statusCode).toBe(200);
    const { integrations } = answer.json<Report>();
    const checks = integrations[0]?.checks.find((check) => check.name === 'schedule');
    expect(checks).toMatchObject({ verdict: 'wait', message: 'Temporal does not answer.' });
  });
});
