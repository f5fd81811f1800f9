import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { want } from '../../src/domain/wanted.ts';
import { storeChoice } from '../../src/store/state/choice.ts';
import { listUnknownModels } from '../../src/store/state/unknown-models.ts';
import { pause, resume } from '../../src/store/state/life.ts';
import { KNOWN_MODELS } from '../../src/domain/catalogue/index.ts';
import { eventually } from '../support/poll.ts';
import { afterPage, createWorkbench, every, pass, readsOf, run, start, wholeIntegration } from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
const JOBS = '/ats/jobs';

/** A worker with settings that leave the jobs out, and one with settings that choose everything. */
const narrow = bench.activities({ settings: loadConfig({ EXCLUDE_MODELS: 'ats_jobs' }) });
const wide = bench.activities();

const exclude = (id: string, excludeModels: string[] | null) =>
  storeChoice(store, id, { excludeModels }, ALL_MODELS);

type Activities = typeof wide;
/** The two ways to leave the jobs out, and to choose them again. */
const WAYS: [string, (id: string) => Promise<Activities>, (id: string) => Promise<Activities>][] = [
  ['that the settings leave out', () => Promise.resolve(narrow), () => Promise.resolve(wide)],
  [
    'that the integration leaves out',
    (id) => exclude(id, ['ats_jobs']).then(() => wide),
    (id) => exclude(id, null).then(() => wide),
  ],
];

const named = ({ startSync }: Activities, id: string, ...models: string[]) =>
  run(startSync, start(id, { by: 'webhook', models }));
const fullSync = ({ startSync }: Activities, id: string, models?: string[]) =>
  run(startSync, start(id, { kind: 'full', by: 'full-sync', models }));
const catchUp = ({ startSync }: Activities, id: string) =>
  run(startSync, start(id, { by: 'catch-up', models: undefined, urgent: true }));
const alone = ({ startSync }: Activities, id: string) => run(startSync, start(id));

const skipped = {
  endpoint: JOBS,
  status: 'skipped',
  reason: { code: 'NOT_CHOSEN', message: expect.stringContaining('ats_jobs is not chosen') as string },
};
const without = (reads: string[]) => reads.filter((read) => !read.endsWith(JOBS));

describe.each(WAYS)('(I30) an endpoint %s', (_who, leaveOut, choose) => {
  test('is not read by any sync, which says so', async () => {
    const id = await wholeIntegration(bench);
    const worker = await leaveOut(id);
    expect(await named(worker, id, 'ats_jobs')).toMatchObject({
      passes: [],
      outcomes: [skipped],
      unknownModels: [],
    });
    const caughtUp = await catchUp(worker, id);
    expect(readsOf(caughtUp)).toEqual(without(every('delta')));
    expect(caughtUp.outcomes).toContainEqual(expect.objectContaining(skipped));
    const full = await fullSync(worker, id);
    expect(readsOf(full)).toEqual(without(every('full')));
    expect(full.outcomes).toEqual([expect.objectContaining(skipped)]);
    expect(await fullSync(worker, id, ['ats_jobs'])).toMatchObject({ passes: [], outcomes: [skipped] });
    expect(await alone(worker, id)).toMatchObject({ passes: [], retryInMs: null, owes: false });
    expect(bench.queries(id, JOBS)).toEqual([]);
    expect(await listUnknownModels(store, KNOWN_MODELS)).toEqual([]);
  });

  test('is not read by reads of any kind that were planned before', async () => {
    const id = await wholeIntegration(bench);
    const worker = await leaveOut(id);
    for (const kind of ['delta', 'full', 'sweep'] as const) {
      expect(await run(worker.syncEndpoint, pass(id, { kind }))).toMatchObject({
        state: 'skipped',
        reason: skipped.reason,
        owes: false,
        retryInMs: null,
      });
    }
    expect(bench.queries(id, JOBS)).toEqual([]);
  });

  test('is read in full by a timer when it is chosen again, with all changes since', async () => {
    const id = await wholeIntegration(bench, { records: { ats_jobs: 3 } });
    const narrowed = await leaveOut(id);
    await alone(narrowed, id);
    expect(await bench.debts(id)).toMatchObject({ full: { dueAt: null, failure: null } });
    // Only a full pass with its sweep shows it.
    control.vanish(id, 'ats_jobs', control.ids(id, 'ats_jobs').slice(0, 1));
    const worker = await choose(id);
    const started = await alone(worker, id);
    expect(readsOf(started)).toContain(`full ${JOBS}`);
    for (const one of started.passes) await run(worker.syncEndpoint, { ...pass(id), ...one });
    expect(await bench.count(id, 'deleted_at is null')).toBe(2);
    expect(await bench.debts(id)).toEqual({});
    expect(readsOf(await alone(worker, id))).toEqual([]);
  });

  test('that was never read is read in full when it is chosen', async () => {
    const id = await bench.integration({ records: { ats_jobs: 1 } });
    const narrowed = await leaveOut(id);
    for (const one of (await fullSync(narrowed, id)).passes) {
      await run(narrowed.syncEndpoint, { ...pass(id), ...one });
    }
    expect(await named(narrowed, id, 'ats_jobs')).toMatchObject({ passes: [] });
    expect(await bench.debts(id)).toEqual({});
    const worker = await choose(id);
    const { passes } = await alone(worker, id);
    expect(passes).toMatchObject([{ endpoint: JOBS, kind: 'full' }]);
  });

  test('that is named during a pause is owed in full, and read when it is chosen again', async () => {
    const id = await wholeIntegration(bench);
    await pause(store, id, 'a reason');
    const narrowed = await leaveOut(id);
    await store.pool.query('delete from kombo_sync.debts where integration_id = $1', [id]);
    expect(await named(narrowed, id, 'ats_jobs', 'ats_tags')).toMatchObject({ blocked: { code: 'Paused' } });
    expect(Object.keys(await bench.debts(id))).toEqual(['full']);
    expect(Object.keys(await bench.debts(id, '/ats/tags'))).toEqual(['delta']);
    const wanted = want(undefined, { models: ['ats_jobs'] }, Date.now());
    const activeSince = new Date().toISOString();
    await run(narrowed.keepForLater, {
      integrationId: id,
      syncId: 'kept',
      wanted: [wanted],
      syncIds: [],
      activeSince,
    });
    expect(Object.keys(await bench.debts(id))).toEqual(['full']);
    await resume(store, id);
    expect(readsOf(await alone(narrowed, id))).toEqual(['delta /ats/tags']);
    expect(readsOf(await alone(await choose(id), id))).toContain(`full ${JOBS}`);
  });
});

test('a worker with settings that leave the endpoint out ends its pass, which is not resumed', async () => {
  const id = await bench.integration({ records: { ats_jobs: 600 } });
  const input = pass(id, { kind: 'full' });
  const brief = bench.activities({ chunkMs: 0 });
  expect(await run(brief.syncEndpoint, input)).toMatchObject({ state: 'more' });
  expect(await run(narrow.syncEndpoint, input)).toMatchObject({
    state: 'skipped',
    reason: { code: 'NOT_CHOSEN' },
  });
  expect(await bench.passes(id)).toMatchObject([
    { state: 'skipped', error_code: 'NOT_CHOSEN', cursor: null },
  ]);
  // The result of the try before may have been lost.
  expect(await run(wide.syncEndpoint, input)).toMatchObject({
    state: 'skipped',
    reason: { code: 'NOT_CHOSEN' },
  });
});

test("(I30) after a pass's endpoint was left out, nothing of it is written, and the pass is skipped", async () => {
  const id = await bench.integration({ records: { ats_jobs: 600 } });
  const rows: number[] = [];
  const narrowing: Promise<unknown>[] = [];
  const onPage = afterPage(1, () => {
    narrowing.push(exclude(id, ['ats_jobs']).then(async () => rows.push(await bench.count(id))));
  });
  const input = pass(id, { kind: 'full' });
  control.addFault({ kind: 'delay', integration: id, endpoint: JOBS, ms: 300, count: 'always' });
  const result = await run(bench.activities({ onPage }).syncEndpoint, input);
  await Promise.all(narrowing);
  expect(result).toMatchObject({ state: 'waits', reason: { code: 'PassLost' } });
  expect(await run(wide.syncEndpoint, input)).toMatchObject({
    state: 'skipped',
    reason: { code: 'NOT_CHOSEN' },
  });
  expect(await bench.count(id)).toBe(rows[0]);
  expect(rows[0]).toBeGreaterThan(0);
  expect(rows[0]).toBeLessThan(600);
});

test('(I30) a read that fails after its endpoint was left out does not count as failed', async () => {
  const id = await wholeIntegration(bench);
  control.addFault({ kind: 'stall', integration: id, endpoint: JOBS, count: 'always' });
  const reading = run(bench.activities({ timeoutMs: 1_000 }).syncEndpoint, pass(id));
  await eventually(() => bench.queries(id, JOBS).length > 0);
  await exclude(id, ['ats_jobs']);
  expect(await reading).toMatchObject({ state: 'skipped', reason: skipped.reason, owes: false });
  expect(await bench.debts(id)).toMatchObject({ full: { failure: null } });
  expect(Object.keys(await bench.debts(id))).toEqual(['full']);
});
