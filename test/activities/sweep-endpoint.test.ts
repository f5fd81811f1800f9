import { expect, test } from 'vitest';
import { endPass } from '../../src/store/passes.ts';
import { createWorkbench, failure, pass, readOnce, run } from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
const JOBS = { records: { ats_jobs: 300 } };
const LIMITS = { allowMassDeletion: false };

test('(I15) asks Kombo again about what the listing lacked, and deletes only what is really gone', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  const [gone, missed] = control.ids(id, 'ats_jobs') as [string, string];
  control.vanish(id, 'ats_jobs', gone);
  const listing = pass(id, { kind: 'full' });
  const { syncEndpoint, sweepEndpoint } = bench.activities({ chunkMs: 0 });
  const { passId } = await run(syncEndpoint, listing);
  // A record that moves in front of the reader between two pages: the listing lacks it, though it lives.
  const last = control.ids(id, 'ats_jobs').at(-1)!;
  control.move(id, 'ats_jobs', last, 'first');
  expect(await run(syncEndpoint, listing)).toMatchObject({ done: true, sweep: true });
  control.clearRequests();

  const swept = await run(bench.activities().sweepEndpoint, { passId, ...LIMITS });
  const asked = bench.queries(id).flatMap((query) => query['ids']!.split(','));
  expect(asked.sort()).toEqual([gone, last].sort());
  expect(bench.queries(id)[0]).toMatchObject({ include_deleted: 'true' });
  expect(swept).toMatchObject({
    done: true,
    sweep: { state: 'done', candidates: 2, deleted: 1 },
    drift: { wronglyLive: 1, verdict: 'expected' },
    counts: { deleted: 1 },
  });
  expect(await bench.count(id, 'deleted_at is not null')).toBe(1);
  expect(await bench.count(id, `id = '${missed}' and deleted_at is null`)).toBe(1);
  expect(await run(sweepEndpoint, { passId, ...LIMITS })).toEqual(swept);
});

test('(I15) a sweep that was interrupted is gone on with, also by a later run', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 80 }));
  const listing = pass(id, { kind: 'full' });
  const { passId } = await run(bench.activities().syncEndpoint, listing);
  const half = await run(bench.activities({ chunkMs: 0 }).sweepEndpoint, { passId, ...LIMITS });
  expect(half.done).toBe(false);
  // What a run that continues as new asks first.
  expect(await run(bench.activities().syncEndpoint, listing)).toMatchObject({ done: true, sweep: true });
  const swept = await run(bench.activities().sweepEndpoint, { passId, ...LIMITS });
  expect(swept).toMatchObject({ done: true, sweep: { candidates: 80, deleted: 80 } });
  expect(await run(bench.activities().syncEndpoint, listing)).toMatchObject({ done: true, sweep: false });
});

test('(I15) a listing that lacks too much deletes nothing unless somebody says that it is meant', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 200 }));
  const sweep = async (allowMassDeletion: boolean) => {
    const { passId } = await run(bench.activities().syncEndpoint, pass(id, { kind: 'full' }));
    return run(bench.activities().sweepEndpoint, { passId, allowMassDeletion });
  };
  const stopped = await sweep(false);
  expect(stopped.sweep).toMatchObject({ state: 'stopped', candidates: 200, deleted: 0 });
  expect(stopped.sweep?.message).toContain(`sync full ${id} --models ats_jobs --allow-mass-deletion`);
  expect(await bench.count(id, 'deleted_at is not null')).toBe(0);
  expect((await sweep(true)).sweep).toMatchObject({ state: 'done', deleted: 200 });
  expect(await bench.count(id, 'deleted_at is not null')).toBe(200);
});

test('(I15) a listing that did not come to its end deletes nothing', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 5 }));
  const listing = pass(id, { kind: 'full' });
  const { passId, done } = await run(bench.activities({ chunkMs: 0 }).syncEndpoint, listing);
  expect(done).toBe(false);
  await endPass(store, { ...listing, state: 'failed', code: 'TEST', message: 'cut' });
  const swept = await run(bench.activities().sweepEndpoint, { passId, ...LIMITS });
  expect(swept.counts.deleted).toBe(0);
  expect(await bench.count(id, 'deleted_at is not null')).toBe(0);
});

test('(I15) when Kombo cannot be asked, nothing is deleted and the sweep is tried again', async () => {
  const id = await bench.integration(JOBS);
  await readOnce(bench, id);
  control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 2 }));
  const { passId } = await run(bench.activities().syncEndpoint, pass(id, { kind: 'full' }));
  control.addFault({ kind: 'unavailable', integration: id, count: 3 });
  const error = await failure(bench.activities().sweepEndpoint, { passId, ...LIMITS });
  expect(error).toMatchObject({ type: 'Unavailable', nonRetryable: false });
  expect(await bench.count(id, 'deleted_at is not null')).toBe(0);
  expect((await run(bench.activities().sweepEndpoint, { passId, ...LIMITS })).sweep).toMatchObject({
    deleted: 2,
  });
});
