import { beforeAll, describe, expect, test } from 'vitest';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { startApi } from './api.ts';
import { recordingLog } from './support.ts';

let store: TestStore;
let id: string;
let otherId: string;
beforeAll(async () => {
  store = await createTestStore();
  id = uniqueIntegrationId();
  otherId = uniqueIntegrationId();
  for (const one of [id, otherId])
    await saveIntegration(store, { id: one, tool: 'bombohr', category: 'HRIS' });
});

interface PassRow {
  syncId: string;
  endpoint: string;
  at: string;
  state?: string;
  integrationId?: string;
}

const addPass = ({ syncId, endpoint, at, state = 'completed', integrationId = id }: PassRow) =>
  store.pool.query(
    `insert into kombo_sync.passes
       (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because, state, watermark_at, moves_watermark,
        created, started_at, finished_at, error_code, error_message)
     values ($1, 'sync/x', 'run-x', $2, $3, 'delta', 'webhook', 'webhook', $4, now(), true, 7, $5, clock_timestamp(),
       case when $4 = 'failed' then 'REMOTE.X' end, case when $4 = 'failed' then 'It does not answer.' end)`,
    [syncId, integrationId, endpoint, state, at],
  );

/** Reads all pages of a list, and calls `meanwhile` after the first. */
async function pagesOf<T>(
  path: string,
  list: string,
  limit: number,
  meanwhile = async () => {},
): Promise<T[][]> {
  const { call } = await startApi(store);
  const pages: T[][] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? `limit=${limit}` : `limit=${limit}&cursor=${cursor}`;
    const answer = await call('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`);
    expect(answer.statusCode).toBe(200);
    const body = answer.json<Record<string, unknown>>();
    pages.push(body[list] as T[]);
    if (cursor === null) await meanwhile();
    cursor = body['next'] as string | null;
  } while (cursor !== null);
  return pages;
}

describe('syncs and passes', () => {
  const MS = '2026-03-01T10:00:00.000';
  beforeAll(async () => {
    // Times that are the same as a Date, and a sync whose passes lie around another sync.
    await addPass({ syncId: 's1', endpoint: '/hris/employees', at: `${MS}001Z` });
    await addPass({ syncId: 's2', endpoint: '/hris/employees', at: `${MS}002Z`, state: 'failed' });
    await addPass({ syncId: 's3', endpoint: '/hris/employees', at: `${MS}003Z` });
    await addPass({ syncId: 's1', endpoint: '/hris/groups', at: `${MS}004Z`, state: 'running' });
    await addPass({ syncId: 's4', endpoint: '/hris/employees', at: `${MS}003Z` });
    await addPass({ syncId: 's2', endpoint: '/hris/groups', at: `${MS}005Z` });
    await addPass({ syncId: 's9', endpoint: '/hris/employees', at: `${MS}009Z`, integrationId: otherId });
  });

  test('syncs come newest first, each complete and with a link to its run', async () => {
    const { call } = await startApi(store, { TEMPORAL_UI_URL: 'https://temporal.example.com' });
    const { syncs, next } = (await call('GET', `/integrations/${id}/syncs`)).json<{
      syncs: { syncId: string; passes: object[] }[];
      next: string | null;
    }>();
    expect(next).toBeNull();
    expect(syncs.map((sync) => [sync.syncId, sync.passes.length])).toEqual([
      ['s4', 1],
      ['s3', 1],
      ['s2', 2],
      ['s1', 2],
    ]);
    expect(syncs[2]).toMatchObject({
      status: 'partial',
      kind: 'delta',
      trigger: 'webhook',
      workflowId: 'sync/x',
      startedAt: '2026-03-01T10:00:00.000Z',
      counts: { created: 14 },
      temporalUrl: 'https://temporal.example.com/namespaces/default/workflows/sync%2Fx/run-x/history',
    });
    expect(syncs[3]).toMatchObject({ status: 'running', finishedAt: null });
  });

  test.each([1, 2, 3])(
    'syncs in pages of %i: each once, even if syncs are added meanwhile',
    async (limit) => {
      const syncId = `new-${limit}`;
      const pages = await pagesOf<{ syncId: string }>(
        `/integrations/${id}/syncs`,
        'syncs',
        limit,
        async () => {
          await addPass({ syncId, endpoint: '/hris/employees', at: new Date().toISOString() });
        },
      );
      expect(pages.flat().map((sync) => sync.syncId)).toEqual(['s4', 's3', 's2', 's1']);
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
      await store.pool.query('delete from kombo_sync.passes where sync_id = $1', [syncId]);
    },
  );

  test.each([1, 4])('passes in pages of %i: each once, newest first', async (limit) => {
    const pages = await pagesOf<{ syncId: string; endpoint: string }>(
      `/integrations/${id}/passes`,
      'passes',
      limit,
    );
    expect(pages.flat().map((pass) => `${pass.syncId} ${pass.endpoint}`)).toEqual([
      's2 /hris/groups',
      's1 /hris/groups',
      's4 /hris/employees',
      's3 /hris/employees',
      's2 /hris/employees',
      's1 /hris/employees',
    ]);
  });

  test.each([
    ['endpoint=/hris/groups', ['s2', 's1']],
    ['state=running', ['s1']],
    ['endpoint=/hris/employees&state=failed', ['s2']],
    ['endpoint=/hris/groups&state=failed', []],
    ['endpoint=/no/such', []],
  ])('passes can be filtered by %s', async (query, syncIds) => {
    const pages = await pagesOf<{ syncId: string }>(`/integrations/${id}/passes?${query}`, 'passes', 1);
    expect(pages.flat().map((pass) => pass.syncId)).toEqual(syncIds);
  });

  test('a failed pass has its reason', async () => {
    const { call } = await startApi(store);
    const answer = await call('GET', `/integrations/${id}/passes?state=failed`);
    expect(answer.json()).toMatchObject({
      passes: [
        {
          state: 'failed',
          error: { code: 'REMOTE.X', message: 'It does not answer.' },
          counts: { created: 7 },
        },
      ],
      next: null,
    });
  });
});

test('drift comes newest first, page by page', async () => {
  for (const number of [1, 2, 3]) {
    await store.pool.query(
      `insert into kombo_sync.drift
         (pass_id, sync_id, integration_id, endpoint, missing, stale, wrongly_live, wrongly_deleted, expected, verdict, at)
       values ($1::bigint, 's1', $2, '/hris/employees', $1::bigint::int, 0, 0, 0, 0, 'unexpected', '2026-03-01T10:00:00.000001Z')`,
      [number, id],
    );
  }
  const pages = await pagesOf<{ counts: { missing: number } }>(`/integrations/${id}/drift`, 'drift', 2);
  expect(pages.map((page) => page.map((report) => report.counts.missing))).toEqual([[3, 2], [1]]);
  expect(pages[0]?.[0]).toEqual({
    at: '2026-03-01T10:00:00.000Z',
    syncId: 's1',
    endpoint: '/hris/employees',
    counts: { missing: 3, stale: 0, wronglyLive: 0, wronglyDeleted: 0, expected: 0 },
    verdict: 'unexpected',
  });
});

describe('rejected records', () => {
  beforeAll(async () => {
    for (const [endpoint, key, recordId] of [
      ['/hris/employees', 'a', 'a'],
      ['/hris/employees', 'b', null],
      ['/hris/groups', 'a', 'a'],
    ]) {
      await store.pool.query(
        `insert into kombo_sync.rejected_records (integration_id, endpoint, record_key, id, reason, hash, body, first_seen_at, last_seen_at)
         values ($1, $2, $3, $4, 'too_deep', 'abc', '{"email":"jane@example.com"}', '2026-03-01', '2026-03-02')`,
        [id, endpoint, key, recordId],
      );
    }
  });

  test('come page by page and without their bodies, even if those are stored', async () => {
    const { log, text } = recordingLog();
    const { call } = await startApi(store, { KEEP_REJECTED_BODIES: 'true', LOG_LEVEL: 'trace' }, { log });
    const answer = await call('GET', `/integrations/${id}/rejected-records?limit=2`);
    expect(answer.json()).toEqual({
      records: [
        {
          endpoint: '/hris/employees',
          id: 'a',
          reason: 'too_deep',
          hash: 'abc',
          times: 1,
          firstSeenAt: '2026-03-01T00:00:00.000Z',
          lastSeenAt: '2026-03-02T00:00:00.000Z',
        },
        expect.objectContaining({ endpoint: '/hris/employees', id: null }) as unknown,
      ],
      next: expect.any(String) as unknown,
    });
    const { next } = answer.json<{ next: string }>();
    const second = await call('GET', `/integrations/${id}/rejected-records?limit=2&cursor=${next}`);
    expect(second.json()).toMatchObject({ records: [{ endpoint: '/hris/groups' }], next: null });
    const detail = await call('GET', `/integrations/${id}`);
    expect(detail.body).toContain('"rejectedRecords":2');
    expect(answer.body + second.body + detail.body + text()).not.toMatch(/jane|body/);
  });

  test('can be filtered by endpoint', async () => {
    const path = `/integrations/${id}/rejected-records?endpoint=/hris/employees`;
    const pages = await pagesOf<{ id: string | null }>(path, 'records', 1);
    expect(pages.flat().map((record) => record.id)).toEqual(['a', null]);
  });
});
