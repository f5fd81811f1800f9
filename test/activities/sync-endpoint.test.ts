import { describe, expect, test } from 'vitest';
import { owe } from '../../src/store/state/debts.ts';
import { historyOf, readHistory } from '../../src/store/state/endpoint-history.ts';
import { eventually } from '../support/poll.ts';
import { createWorkbench, failure, pass, readOnce, run } from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
/** Three pages: 250, 250 and 100. */
const JOBS = { records: { ats_jobs: 600 } };

const watermarkOf = async (id: string) =>
  historyOf(await readHistory(store, id, ['/ats/jobs']), '/ats/jobs').watermark;

/** When each page was asked for, and when it had arrived. */
async function moments(id: string) {
  const { rows } = await store.pool.query<{ asked: number; arrived: number }>(
    `select distinct asked_seq as asked, arrived_seq as arrived from kombo.ats_jobs
     where integration_id = $1 order by asked_seq`,
    [id],
  );
  expect(rows).toHaveLength(3);
  return rows;
}

describe('windows', () => {
  test('(I8) the first pass reads everything, page by page, with the same filters on each', async () => {
    const id = await bench.integration(JOBS);
    const result = await readOnce(bench, id);
    expect(result).toMatchObject({
      state: 'completed',
      sweep: { state: 'done', candidates: 0, deleted: 0 },
      counts: { pages: 3, records: 600, created: 600 },
    });
    const queries = bench.queries(id);
    expect(queries.map((query) => ({ ...query, cursor: undefined }))).toEqual(
      Array.from({ length: 3 }, () => ({ page_size: '250', include_deleted: 'true', cursor: undefined })),
    );
    expect(queries.map((query) => query['cursor'] === undefined)).toEqual([true, false, false]);
    expect(await bench.count(id)).toBe(600);
  });

  test('(I8) a delta reads from the watermark minus the overlap, on every page', async () => {
    const id = await bench.integration(JOBS);
    await readOnce(bench, id);
    const watermark = await watermarkOf(id);
    control.update(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 300 }));
    control.clearRequests();
    const result = await run(bench.activities().syncEndpoint, pass(id));
    expect(result).toMatchObject({ state: 'completed', counts: { pages: 2, updated: 300, created: 0 } });
    expect(result).not.toHaveProperty('sweep');
    const after = new Date(watermark!.getTime() - 5 * 60_000).toISOString();
    expect(bench.queries(id).map((query) => query['updated_after'])).toEqual([after, after]);
  });

  test('(I8) the watermark is moved back by as much as our clock is ahead of Kombo’s', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'clock-skew', integration: id, ms: -600_000, count: 'always' });
    await readOnce(bench, id);
    const [done] = await bench.passes(id);
    const moved = done!.started_at.getTime() - done!.watermark_at.getTime();
    expect(moved).toBeGreaterThanOrEqual(600_000);
    expect(moved).toBeLessThan(602_000);
  });

  test('(I8) nothing is skipped if our clock is behind', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'clock-skew', integration: id, ms: 600_000, count: 'always' });
    await readOnce(bench, id);
    const [done] = await bench.passes(id);
    expect(done!.watermark_at.getTime()).toBeLessThanOrEqual(done!.started_at.getTime());
  });

  test('(I8) a failed or unfinished pass does not move the watermark, and an empty page does not end a pass', async () => {
    const id = await bench.integration(JOBS);
    await readOnce(bench, id);
    const before = await watermarkOf(id);
    control.update(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 300 }));
    control.addFault({ kind: 'empty-page', integration: id });
    control.addFault({ kind: 'error', code: 'INTEGRATION.INACTIVE', integration: id, nth: 3 });
    const failed = pass(id);
    expect(await run(bench.activities().syncEndpoint, failed)).toMatchObject({ state: 'failed' });
    expect(await watermarkOf(id)).toEqual(before);
    const again = pass(id);
    const result = await run(bench.activities().syncEndpoint, again);
    expect(result.counts).toMatchObject({ updated: 300, pages: 3 });
    const newest = (await bench.passes(id)).at(-1)!;
    expect(newest).toMatchObject({ sync_id: again.syncId, state: 'completed' });
    // Kombo's clock is known to the second, so that the later pass can have the earlier watermark.
    const later = newest.watermark_at > before! ? newest.watermark_at : before;
    expect(await watermarkOf(id)).toEqual(later);
  });

  test('(I12) a page counts as asked for when the last one arrived, and after another try, when that began', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'unavailable', integration: id, nth: 3 });
    await readOnce(bench, id);
    const [first, second, third] = await moments(id);
    const [done] = await bench.passes(id);
    expect(first!.asked).toBeGreaterThan(done!.started_seq);
    expect(first!.arrived).toBeGreaterThan(first!.asked);
    expect(second!.asked).toBe(first!.arrived);
    expect(third!.asked).toBeGreaterThan(second!.arrived);
  });

  test('(I12) a page that waits for Kombo’s rate limit counts as asked for after that', async () => {
    const id = await bench.integration(JOBS);
    const { kombo } = bench;
    const fetchPage: typeof kombo.fetchPage = async (query) => ({
      ...(await kombo.fetchPage(query)),
      pauseMs: 20,
    });
    await run(bench.activities({ kombo: { ...kombo, fetchPage } }).syncEndpoint, pass(id));
    const [first, second] = await moments(id);
    expect(second!.asked).toBeGreaterThan(first!.arrived);
  });

  test('(I16) a second pass over an unchanged source writes nothing', async () => {
    const id = await bench.integration(JOBS);
    await readOnce(bench, id);
    const versions = () =>
      store.pool.query('select id, xmin::text from kombo.ats_jobs where integration_id = $1 order by id', [
        id,
      ]);
    const before = await versions();
    const result = await run(bench.activities().syncEndpoint, pass(id, { kind: 'full' }));
    expect(result.counts).toMatchObject({ records: 600, unchanged: 600, created: 0, updated: 0 });
    expect((await versions()).rows).toEqual(before.rows);
  });
});

describe('continuing a pass', () => {
  test('(I7) (I9) a try after an outage continues at the cursor and does not ask for an earlier page again', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'unavailable', integration: id, nth: 3, count: 3 });
    const input = pass(id, { kind: 'full' });
    expect(await run(bench.activities().syncEndpoint, input)).toMatchObject({
      state: 'waits',
      // A call that made progress does not use up a try.
      tries: 0,
      waitMs: 2_000,
    });
    expect((await bench.passes(id))[0]).toMatchObject({ state: 'running', pages: 2, records: 500 });
    const asked = bench.queries(id);
    control.clearRequests();
    const result = await run(bench.activities().syncEndpoint, input);
    expect(bench.queries(id)).toEqual([asked.at(-1)]);
    expect(result).toMatchObject({ state: 'completed', counts: { pages: 3, records: 600, created: 600 } });
  });

  test('(I9) a failed delta is resumed at its cursor by the next sync', async () => {
    const id = await bench.integration(JOBS);
    await readOnce(bench, id);
    control.update(id, 'ats_jobs', control.ids(id, 'ats_jobs'));
    control.addFault({ kind: 'error', code: 'PLATFORM.IP_NOT_WHITELISTED', integration: id, nth: 3 });
    expect(await run(bench.activities().syncEndpoint, pass(id))).toMatchObject({ state: 'failed' });
    control.clearRequests();
    expect(await run(bench.activities().syncEndpoint, pass(id))).toMatchObject({
      state: 'completed',
      counts: { pages: 3, updated: 600 },
    });
    expect(bench.queries(id)).toHaveLength(1);
  });

  test('(I9) a refused cursor restarts the pass with the same window', async () => {
    const id = await bench.integration(JOBS);
    await readOnce(bench, id);
    control.update(id, 'ats_jobs', control.ids(id, 'ats_jobs', { limit: 300 }));
    control.clearRequests();
    control.addFault({ kind: 'refuse-cursor', integration: id });
    const result = await run(bench.activities().syncEndpoint, pass(id));
    expect(result).toMatchObject({ state: 'completed', counts: { updated: 300, unchanged: 250 } });
    const queries = bench.queries(id);
    expect(queries.map((query) => query['cursor'] === undefined)).toEqual([true, false, true, false]);
    expect(new Set(queries.map((query) => query['updated_after'])).size).toBe(1);
    expect((await bench.passes(id)).at(-1)).toMatchObject({ restarts: 1, state: 'completed' });
  });

  test('(I9) a cursor that is refused repeatedly ends the pass', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'refuse-cursor', integration: id, count: 'always' });
    expect(await run(bench.activities().syncEndpoint, pass(id, { kind: 'full' }))).toMatchObject({
      state: 'failed',
      reason: { message: expect.stringContaining('refused the cursor') as string },
    });
    expect(await bench.debts(id)).toMatchObject({ full: { failure: { errorClass: 'RequestRejected' } } });
    expect((await bench.passes(id))[0]).toMatchObject({ restarts: 3 });
  });

  test('(I9) a sync that resumes a full pass may restart it exactly as often as one that began it', async () => {
    const id = await bench.integration(JOBS);
    const { syncEndpoint } = bench.activities();
    control.addFault({ kind: 'refuse-cursor', integration: id, count: 3 });
    control.addFault({ kind: 'error', code: 'PLATFORM.IP_NOT_WHITELISTED', integration: id, nth: 8 });
    for (const pages of [4, 7]) {
      const input = pass(id, { kind: 'full' });
      expect(await run(syncEndpoint, input)).toMatchObject({ state: 'failed' });
      expect((await bench.passes(id)).at(-1)).toMatchObject({ restarts: 3, pages });
      control.addFault({ kind: 'refuse-cursor', integration: id, count: 'always' });
    }
    const [first, second] = await bench.passes(id);
    expect(second).toMatchObject({ started_at: first!.started_at, state: 'failed' });
    control.clearFaults();
    const next = await run(syncEndpoint, pass(id, { kind: 'full' }));
    expect(next).toMatchObject({ state: 'completed', counts: { pages: 3, records: 600 } });
  });

  test('(I9) a repeated cursor ends the pass with an error', async () => {
    const id = await bench.integration({ records: { ats_jobs: 900 } });
    control.addFault({ kind: 'repeat-cursor', integration: id });
    expect(await run(bench.activities().syncEndpoint, pass(id, { kind: 'full' }))).toMatchObject({
      state: 'failed',
      reason: { code: 'CursorRepeated' },
    });
    expect(await watermarkOf(id)).toBeNull();
  });

  test('(I9) a call whose time box has ended leaves the rest to the next one', async () => {
    const id = await bench.integration(JOBS);
    const input = pass(id);
    const { syncEndpoint } = bench.activities({ chunkMs: 0 });
    const states = [];
    for (let state = 'more'; state === 'more';) {
      ({ state } = await run(syncEndpoint, input));
      states.push(state);
    }
    expect(states).toEqual(['more', 'more', 'completed']);
    expect(bench.queries(id)).toHaveLength(3);
  });

  test('(I7) a call that is repeated after the end returns the same', async () => {
    const id = await bench.integration(JOBS);
    const input = pass(id);
    const first = await run(bench.activities().syncEndpoint, input);
    expect(await run(bench.activities().syncEndpoint, input)).toEqual(first);
    expect(bench.queries(id)).toHaveLength(3);
    expect(bench.timesWoken(id)).toBe(0);
  });

  test('(I6) the end of a pass reports a read that was asked for while it ran, and wakes sync/<id>', async () => {
    const id = await bench.integration(JOBS);
    await readOnce(bench, id);
    control.addFault({ kind: 'delay', ms: 500, integration: id });
    control.clearRequests();
    const reading = run(bench.activities().syncEndpoint, pass(id));
    await eventually(() => bench.queries(id).length === 1);
    await owe(store, id, [{ endpoint: '/ats/jobs', kind: 'delta' }]);
    expect(await reading).toMatchObject({ state: 'completed', owes: true });
    expect(bench.timesWoken(id)).toBe(1);
  });

  test('(I6) the next attempt reports and wakes if the first one did not get that far', async () => {
    const id = await bench.integration(JOBS);
    await readOnce(bench, id);
    control.addFault({ kind: 'delay', ms: 500, integration: id });
    control.clearRequests();
    const woken: string[] = [];
    let away = true;
    const wake = (one: string) => {
      if (!away) woken.push(one);
      return away ? Promise.reject(new Error('Temporal is away.')) : Promise.resolve();
    };
    const { syncEndpoint } = bench.activities({ temporal: { settle: () => Promise.resolve(), wake } });
    const input = pass(id);
    const failing = failure(syncEndpoint, input);
    await eventually(() => bench.queries(id).length === 1);
    await owe(store, id, [{ endpoint: '/ats/jobs', kind: 'delta' }]);
    expect(await failing).toMatchObject({ message: 'Temporal is away.', nonRetryable: false });
    away = false;
    expect(await run(syncEndpoint, input)).toMatchObject({ state: 'completed', owes: true });
    expect(bench.queries(id)).toHaveLength(1);
    expect(woken).toEqual([id]);
  });
});
