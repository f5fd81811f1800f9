import { describe, expect, test } from 'vitest';
import type { KeepForLaterInput } from '../../activities/keep-for-later.ts';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { want, type Asked } from '../../src/domain/wanted.ts';
import { readCutoverFacts } from '../../src/store/reports/cutover.ts';
import { takeOverdue } from '../../src/store/state/due.ts';
import { readDebts } from '../../src/store/state/debts.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { pause, resume } from '../../src/store/state/life.ts';
import { createWorkbench, every, inSync, pass, readsOf, run, start, wholeIntegration } from './setup.ts';

const bench = await createWorkbench();
const { store } = bench;
const { keepForLater, startSync, syncEndpoint } = bench.activities();
const JOBS = '/ats/jobs';

const activeSince = async (id: string) => (await findIntegration(store, id))!.statusSince.toISOString();

async function keep(id: string, asked: Asked | undefined, more: Partial<KeepForLaterInput> = {}) {
  const input: KeepForLaterInput = {
    integrationId: id,
    syncId: 'cut',
    wanted: asked ? [want(undefined, asked, Date.now())] : [],
    syncIds: [],
    activeSince: more.activeSince ?? (await activeSince(id)),
    ...more,
  };
  await run(keepForLater, input);
}
const due = async (id: string) => readsOf(await run(startSync, start(id)));

describe('(I6) what a run has not read when it ends', () => {
  test('is owed for the models that were named', async () => {
    const id = await wholeIntegration(bench);
    await keep(id, { models: ['ats_offers', 'ats_nonsense'] });
    expect(await due(id)).toEqual(['delta /ats/applications', 'delta /ats/offers']);
  });

  test('is owed for every endpoint if everything was asked for', async () => {
    const id = await wholeIntegration(bench);
    await keep(id, { everything: true });
    expect(await due(id)).toEqual(every('delta'));
    await keep(id, { everything: true }, { kind: 'full' });
    expect(await due(id)).toEqual(every('full'));
  });

  test('may be a look-up, which is owed', async () => {
    const id = await wholeIntegration(bench);
    const lookUps = () => bench.control.requests({ path: `/integrations/${encodeURIComponent(id)}` }).length;
    await run(startSync, start(id));
    expect(lookUps()).toBe(0);
    await keep(id, { lookUp: true });
    for (let times = 0; times < 2; times += 1) await run(startSync, start(id));
    expect(lookUps()).toBe(1);
  });

  test('may be a deletion that a webhook reported, which is stored', async () => {
    const id = await wholeIntegration(bench);
    const deletedAt = new Date();
    bench.control.removeIntegration(id);
    await keep(id, { deletedAt: deletedAt.getTime() });
    expect(await run(startSync, start(id))).toMatchObject({
      passes: [],
      blocked: { code: 'IntegrationGone' },
    });
    expect(await findIntegration(store, id)).toMatchObject({ statusCode: 'Deleted', removedAt: deletedAt });
  });

  test('is not stored if the integration is unknown', async () => {
    const id = 'bombohr:nowhere';
    const now = new Date().toISOString();
    await keep(id, { models: ['ats_jobs'], lookUp: true }, { activeSince: now });
    expect(await readDebts(store, id)).toEqual(new Map());
  });
});

test('(I24) webhooks that a cancelled run has not served count as evidence', async () => {
  const id = await bench.integration();
  const at = Date.now();
  const deliveries = [{ type: 'data-changed', times: 2, firstAt: at, lastAt: at }];
  await keep(id, { models: ['ats_jobs'], deliveries });
  const query = { id, syncs: 5, graceMs: 1_000, settings: ALL_MODELS };
  expect(await readCutoverFacts(store, query)).toMatchObject([{ lastDataChangedAt: new Date(at) }]);
});

describe('(I22) a cancelled run', () => {
  const { syncEndpoint: readPage } = bench.activities({ chunkMs: 0 });

  /** A planned full pass that has read one page, or one more. */
  async function begin(id: string) {
    const input = pass(id, { kind: 'full' });
    expect(await run(readPage, input)).toMatchObject({ state: 'more' });
    return {
      syncIds: [input.syncId],
      unread: [JOBS],
      kind: 'full' as const,
      activeSince: await activeSince(id),
    };
  }

  test('owes what it has not read, without a pause, and a later run continues it', async () => {
    const id = await bench.integration({ records: { ats_jobs: 600 } });
    await keep(id, undefined, await begin(id));
    expect(await bench.debts(id)).toMatchObject({ full: { dueAt: null, failure: null } });
    const before = bench.queries(id).length;
    expect(await run(syncEndpoint, pass(id, { kind: 'full' }))).toMatchObject({
      state: 'completed',
      counts: { pages: 3, records: 600, created: 600 },
    });
    expect(bench.queries(id).slice(before)[0]).toHaveProperty('cursor');
    // Changes since the first page was asked for are still owed.
    expect(Object.keys(await bench.debts(id))).toEqual(['delta']);
    await run(syncEndpoint, pass(id));
    expect(await bench.debts(id)).toEqual({});
  });

  test('that you cancelled starts nothing, not even a minute later', async () => {
    const id = await bench.integration({ records: { ats_jobs: 300 } });
    await keep(id, undefined, await begin(id));
    await store.pool.query(
      `update kombo_sync.debts set since = since - interval '10 minutes' where integration_id = $1`,
      [id],
    );
    expect(bench.timesWoken(id)).toBe(0);
    expect(await takeOverdue(store, ALL_MODELS, 1_000)).not.toContain(id);
    expect(await due(id)).toContain('full /ats/jobs');
  });

  test('leaves the sweep of its listing to the very next sync, which keeps others from it', async () => {
    const id = await bench.integration({ records: { ats_jobs: 400 } });
    await run(syncEndpoint, pass(id, { kind: 'full' }));
    bench.control.vanish(id, 'ats_jobs', bench.control.ids(id, 'ats_jobs', { limit: 380 }));
    const listing = pass(id, { kind: 'full', allowMassDeletion: true });
    expect(await run(readPage, listing)).toMatchObject({ state: 'more' });
    expect(await due(id)).not.toContain('sweep /ats/jobs');
    await keep(id, undefined, { syncIds: [listing.syncId], unread: [JOBS], kind: 'full' });
    expect(await due(id)).toContain('sweep /ats/jobs');
    const next = pass(id, { kind: 'sweep', allowMassDeletion: true });
    expect(await run(readPage, next)).toMatchObject({ state: 'more' });
    expect(await due(id)).not.toContain('sweep /ats/jobs');
  });

  test('wakes sync/<id> if a pause cancelled it and has ended, but not while the pause continues', async () => {
    for (const ended of [true, false]) {
      const id = await bench.integration({ records: { ats_jobs: 300 } });
      const what = await begin(id);
      await pause(store, id, 'audit');
      if (ended) await resume(store, id);
      await keep(id, undefined, what);
      expect(bench.timesWoken(id)).toBe(ended ? 1 : 0);
    }
  });

  test('that had not begun wakes sync/<id> after a pause that has ended, but not if you cancelled it', async () => {
    for (const paused of [true, false]) {
      const id = await bench.integration();
      const since = await activeSince(id);
      if (paused) await pause(store, id, 'audit');
      if (paused) await resume(store, id);
      await keep(id, { everything: true }, { kind: 'full', activeSince: since });
      expect(bench.timesWoken(id)).toBe(paused ? 1 : 0);
      expect(await bench.debts(id)).toMatchObject({ full: { dueAt: null } });
    }
  });

  test('that had resumed an older pass does not count as cut off by an earlier pause', async () => {
    const id = await bench.integration({ records: { ats_jobs: 800 } });
    await keep(id, undefined, await begin(id));
    await pause(store, id, 'audit');
    await resume(store, id);
    await keep(id, undefined, await begin(id));
    expect(bench.timesWoken(id)).toBe(0);
  });

  test('does not wake itself if it is sync/<id>', async () => {
    const id = await bench.integration({ records: { ats_jobs: 300 } });
    const what = await begin(id);
    await pause(store, id, 'audit');
    await resume(store, id);
    await run(keepForLater, { integrationId: id, syncId: 'cut', wanted: [], ...what }, inSync(id));
    expect(bench.timesWoken(id)).toBe(0);
  });

  test('(I6) cannot serve a change that no delta shows with a full pass that began before it', async () => {
    const id = await bench.integration({ category: 'LMS', records: { lms_courses: 600 } });
    const input = pass(id, { endpoint: '/lms/courses', kind: 'full' });
    expect(await run(readPage, input)).toMatchObject({ state: 'more' });
    const cut = { syncIds: [input.syncId], unread: ['/lms/courses'], kind: 'full' as const };
    await keep(id, undefined, cut);
    const hidden = start(id, { by: 'webhook', models: ['lms_course_providers'] });
    expect(readsOf(await run(startSync, hidden))).toContain('full /lms/courses');
    expect(await run(syncEndpoint, pass(id, { endpoint: '/lms/courses', kind: 'full' }))).toMatchObject({
      counts: { pages: 3, records: 600, created: 350 },
    });
    expect(await bench.debts(id, '/lms/courses')).toEqual({});
  });
});
