import { expect, test } from 'vitest';
import { readHistory } from '../../src/store/state/endpoint-history.ts';
import { createWorkerMetrics } from '../../src/worker/metrics.ts';
import { createWorkbench, pass, readOnce, run } from './setup.ts';

const bench = await createWorkbench();
const { control } = bench;
const { syncEndpoint } = bench.activities();
const JOBS = { records: { ats_jobs: 300 } };

async function one(text: string, ...values: unknown[]): Promise<unknown> {
  const { rows } = await bench.store.pool.query(text, values);
  return rows[0];
}

test('(I15) a sweep asks Kombo about rows that were not listed, and deletes only those that are gone', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  const [gone, missed] = control.ids(id, 'ats_jobs') as [string, string];
  control.vanish(id, 'ats_jobs', gone);
  const listing = pass(id, { kind: 'full' });
  await run(bench.activities({ chunkMs: 0 }).syncEndpoint, listing);
  // A record that moves to an earlier page between two pages is not listed, although it is live.
  const last = control.ids(id, 'ats_jobs').at(-1)!;
  control.move(id, 'ats_jobs', last, 'first');
  control.clearRequests();
  const swept = await run(syncEndpoint, listing);
  const asked = bench.queries(id).flatMap((query) => query['ids']?.split(',') ?? []);
  expect(asked.sort()).toEqual([gone, last].sort());
  expect(bench.queries(id).at(-1)).toMatchObject({ include_deleted: 'true' });
  expect(swept).toMatchObject({
    state: 'completed',
    sweep: { state: 'done', candidates: 2, deleted: 1 },
    drift: { wronglyLive: 1, verdict: 'expected' },
    counts: { deleted: 1 },
  });
  expect(await bench.count(id, 'deleted_at is not null')).toBe(1);
  expect(await bench.count(id, `id = '${missed}' and deleted_at is null`)).toBe(1);
  expect(await run(syncEndpoint, listing)).toEqual(swept);
});

test('(I15) an interrupted sweep is continued, also by a later run', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 180 }));
  const listing = pass(id, { kind: 'full', allowMassDeletion: true });
  const { syncEndpoint: shortly } = bench.activities({ chunkMs: 0 });
  // The listing has one page. A sweep asks about a hundred records at once.
  expect(await run(shortly, listing)).toMatchObject({ state: 'more', counts: { pages: 1 } });
  expect(await bench.count(id, 'deleted_at is not null')).toBe(100);
  expect(await bench.debts(id)).toHaveProperty('sweep');
  const later = pass(id, { kind: 'sweep', because: 'owed' });
  expect(await run(shortly, later)).toMatchObject({ state: 'more' });
  expect(await run(syncEndpoint, later)).toMatchObject({
    state: 'completed',
    sweep: { candidates: 180, deleted: 180 },
  });
  expect(await bench.debts(id)).toEqual({});
  expect(await bench.count(id, 'deleted_at is not null')).toBe(180);
});

test('(I15) after a listing that lacks too much, nothing is deleted unless you allow it', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 200 }));
  const refused = pass(id, { kind: 'full' });
  const stopped = await run(syncEndpoint, refused);
  expect(stopped).toMatchObject({
    state: 'failed',
    reason: {
      code: 'SweepStopped',
      message: expect.stringContaining(`sync full ${id} --models ats_jobs --allow-mass-deletion`) as string,
    },
  });
  // The result is the same the second time.
  expect(await run(syncEndpoint, refused)).toEqual(stopped);
  expect(await bench.count(id, 'deleted_at is not null')).toBe(0);
  const meant = pass(id, { kind: 'full', allowMassDeletion: true });
  expect(await run(syncEndpoint, meant)).toMatchObject({ sweep: { state: 'done', deleted: 200 } });
  expect(await bench.count(id, 'deleted_at is not null')).toBe(200);
});

test('(I15) after an incomplete listing, nothing is deleted', async () => {
  const id = await bench.integration({ records: { ats_jobs: 600 } });
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 5 }));
  const listing = pass(id, { kind: 'full' });
  expect(await run(bench.activities({ chunkMs: 0 }).syncEndpoint, listing)).toMatchObject({ state: 'more' });
  control.addFault({ kind: 'error', code: 'PLATFORM.IP_NOT_WHITELISTED', integration: id });
  expect(await run(syncEndpoint, listing)).toMatchObject({ state: 'failed' });
  expect(await run(syncEndpoint, pass(id, { kind: 'sweep' }))).toMatchObject({
    state: 'completed',
    counts: { deleted: 0 },
  });
  expect(await bench.count(id, 'deleted_at is not null')).toBe(0);
});

test('(I15) (I25) if Kombo does not answer a sweep, nothing is deleted, the listing stays, and only the sweep is owed', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 2 }));
  // The first two requests list pages. The third one asks by ids.
  control.addFault({ kind: 'unavailable', integration: id, nth: 3, count: 3 });
  const result = await run(syncEndpoint, pass(id, { kind: 'full' }));
  expect(result).toMatchObject({ state: 'failed', retryInMs: expect.any(Number) as number });
  expect(await bench.count(id, 'deleted_at is not null')).toBe(0);
  expect(await bench.debts(id)).toEqual({
    sweep: expect.objectContaining({
      failure: expect.objectContaining({ failures: 1 }) as unknown,
    }) as unknown,
  });
  control.clearRequests();
  expect(await run(syncEndpoint, pass(id, { kind: 'sweep' }))).toMatchObject({ sweep: { deleted: 2 } });
  expect(bench.queries(id)).toHaveLength(1);
  expect(await bench.debts(id)).toEqual({});
});

test('(I10) a failing sweep is shown until Kombo answers one, even if a newer listing replaces it', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 180 }));
  const fails = async () => {
    // The first request lists a page. The second one asks by ids.
    control.addFault({ kind: 'unavailable', integration: id, nth: 2, count: 3 });
    const result = await run(syncEndpoint, pass(id, { kind: 'full', allowMassDeletion: true }));
    expect(result).toMatchObject({ state: 'failed' });
    return (await bench.debts(id)).sweep?.failure;
  };
  const first = await fails();
  expect(first).toMatchObject({ failures: 1 });
  expect(await fails()).toMatchObject({ since: first!.since, failures: 2 });
  // The first of two answers ends the failure, not the last.
  const { syncEndpoint: shortly } = bench.activities({ chunkMs: 0 });
  expect(await run(shortly, pass(id, { kind: 'sweep' }))).toMatchObject({ state: 'more' });
  expect(await bench.debts(id)).toMatchObject({ sweep: { dueAt: null, failure: null } });
});

test('(I10) (I26) a sweep that waits for a rate limit says so, and no other run begins it meanwhile', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 1 }));
  control.addFault({ kind: 'rate-limit', retryAfter: 240, integration: id, reads: 'ids' });
  const listing = pass(id, { kind: 'full' });
  expect(await run(syncEndpoint, listing)).toMatchObject({ state: 'waits', waitMs: 240_000 });
  const shown = () =>
    one(
      `select error_code, waits_until > now() + interval '3 minutes' as waits from kombo_sync.passes where sync_id = $1`,
      listing.syncId,
    );
  expect(await shown()).toEqual({ error_code: 'PLATFORM.RATE_LIMIT_EXCEEDED', waits: true });
  // Two minutes later.
  await bench.store.pool.query(
    `update kombo_sync.passes set active_at = active_at - interval '2 minutes', waits_until = waits_until - interval '2 minutes'
     where sync_id = $1`,
    [listing.syncId],
  );
  const { endpoints } = await readHistory(bench.store, id, ['/ats/jobs']);
  expect(endpoints.get('/ats/jobs')?.reading).toHaveProperty('sweep');
  expect(await run(syncEndpoint, listing)).toMatchObject({ state: 'completed', sweep: { deleted: 1 } });
  expect(await shown()).toEqual({ error_code: null, waits: null });
});

test('(I26) a failed sweep that then meets a rate limit no longer fails, and no other run begins it', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 1 }));
  control.addFault({ kind: 'unavailable', integration: id, reads: 'ids', count: 3 });
  expect(await run(syncEndpoint, pass(id, { kind: 'full' }))).toMatchObject({ state: 'failed' });
  control.addFault({ kind: 'rate-limit', retryAfter: 240, integration: id, reads: 'ids' });
  const sweep = pass(id, { kind: 'sweep' });
  expect(await run(syncEndpoint, sweep)).toMatchObject({ state: 'waits', waitMs: 240_000 });
  const debts = await bench.debts(id);
  expect(debts).toEqual({ sweep: expect.objectContaining({ failure: null }) as unknown });
  const { endpoints } = await readHistory(bench.store, id, ['/ats/jobs']);
  expect(endpoints.get('/ats/jobs')?.reading).toHaveProperty('sweep');
  expect(await run(syncEndpoint, sweep)).toMatchObject({ state: 'completed', sweep: { deleted: 1 } });
});

test('(I15) only records that were asked for count, even if a tool ignores the filter and returns others', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  const [gone, other] = control.ids(id, 'ats_jobs') as [string, string];
  control.vanish(id, 'ats_jobs', gone);
  control.addFault({
    kind: 'status',
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify({
      status: 'success',
      data: {
        next: null,
        results: [{ id: other, name: 'Not asked for', changed_at: '2099-01-01T00:00:00Z' }],
      },
    }),
    integration: id,
    reads: 'ids',
  });
  expect(await run(syncEndpoint, pass(id, { kind: 'full' }))).toMatchObject({ sweep: { deleted: 1 } });
  expect(await bench.count(id, `name = 'Not asked for'`)).toBe(0);
});

test.each([
  [
    'says which one it is',
    (id: string) =>
      JSON.stringify({ id, name: 'x', changed_at: '2099-01-01T00:00:00Z', n: 1 }).replace(
        '"n":1',
        '"n":1e400000',
      ),
  ],
  // So it may be any of the records.
  ['does not say which one it is', () => '"not a record"'],
])('(I15) a rejected record that %s does not count as gone', async (_what, answer) => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  const [one, two] = control.ids(id, 'ats_jobs') as [string, string];
  control.vanish(id, 'ats_jobs', [one, two]);
  control.addFault({
    kind: 'status',
    status: 200,
    contentType: 'application/json',
    body: `{"status":"success","data":{"next":null,"results":[${answer(one)}]}}`,
    integration: id,
    reads: 'ids',
  });
  await run(syncEndpoint, pass(id, { kind: 'full' }));
  expect(await bench.count(id, `id = '${one}' and deleted_at is null`)).toBe(1);
});

test("(I15) a timesheet outside of Kombo's window is still listed, so no sweep deletes it", async () => {
  const id = await bench.integration({ category: 'HRIS', records: { hris_timesheets: 3 } });
  const read = () => run(syncEndpoint, pass(id, { endpoint: '/hris/timesheets', kind: 'full' }));
  await read();
  const [left, deleted, vanished] = control.ids(id, 'hris_timesheets') as [string, string, string];
  // It is so old that it no longer changes, even if the tool deletes it.
  control.update(id, 'hris_timesheets', left, { started_at: '2020-01-07T08:00:00.000Z' });
  control.tombstone(id, 'hris_timesheets', deleted);
  control.vanish(id, 'hris_timesheets', vanished);
  expect(await read()).toMatchObject({ sweep: { candidates: 1, deleted: 1 } });
  const { rows } = await bench.store.pool.query<{ id: string }>(
    'select id from kombo.hris_timesheets where integration_id = $1 and deleted_at is null',
    [id],
  );
  expect(rows).toEqual([{ id: left }]);
});

test('(I7) a full pass corrects a wrong count of rows, logs by how much, and counts that in a metric', async () => {
  const id = await bench.integration({ records: { ats_jobs: 3 } });
  await readOnce(bench, id);
  const { meter, registry } = createWorkerMetrics({ perIntegration: true });
  const corrected = async () =>
    (await registry.metrics()).match(/^kombo_sync_row_counts_corrected_total.*/m)?.[0];
  const full = () => run(bench.activities({ meter }).syncEndpoint, pass(id, { kind: 'full' }));
  await full();
  expect(await corrected()).toBeUndefined();
  await bench.store.pool.query('update kombo_sync.row_counts set live = live + 5 where integration_id = $1', [
    id,
  ]);
  await full();
  expect(await corrected()).toBe(`kombo_sync_row_counts_corrected_total{integration="${id}"} 1`);
  expect(bench.logs()).toMatch(/"live":-5,"deleted":0,"msg":"The count of rows was wrong/);
  expect(
    await one('select live, corrections from kombo_sync.row_counts where integration_id = $1', id),
  ).toEqual({
    live: 3,
    corrections: 1,
  });
});
