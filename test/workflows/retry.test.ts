import { describe, expect, test } from 'vitest';
import type { SyncState } from '../../workflows/messages.ts';
import {
  carriedBy,
  changed,
  continued,
  finishRead,
  INPUT,
  outcome,
  readFailed,
  resultOf,
  started,
  startInput,
  startReads,
  startSignalled,
} from './answers.ts';
import { brief } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { completed, signal, update } from './jobs.ts';

useWorkflows();

/** One endpoint has failed, the other has not. */
async function startRetrying(retryInMs = 30_000): Promise<TestRun> {
  const run = await startReads(['/ats/jobs', '/ats/offers']);
  await finishRead(run, '/ats/jobs', readFailed({ retryInMs }));
  await finishRead(run, '/ats/offers');
  return run;
}

describe('what failed is tried again', () => {
  test('(I10) after its pause, without a webhook, until nothing is left to try', async () => {
    const run = await startRetrying();
    expect(await run.query<SyncState>('syncState')).toMatchObject({
      phase: 'retrying',
      retryAt: new Date(run.now + 30_000).toISOString(),
    });
    expect(brief(await run.advanceTo(run.now + 29_999))).toEqual([]);
    expect(brief(await run.advanceTo(run.now + 1))).toEqual(['startSync']);
    expect(startInput(run.pending('startSync'))).toMatchObject({ models: [], kind: 'delta', by: 'timer' });
    expect(startInput(run.pending('startSync'))).not.toHaveProperty('urgent');
    const answer = started([], { outcomes: [outcome('/ats/jobs')] });
    await run.activate([completed(run.pending('startSync'), answer)]);
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed', syncs: 2, failed: [] });
  });

  test('(I10) again and again while it fails, and by no timer once it is given up', async () => {
    const run = await startRetrying();
    await run.advanceTo(run.now + 30_000);
    const failing = outcome('/ats/jobs', { status: 'failed', reason: { code: 'X', message: 'x' } });
    const again = started([], { outcomes: [failing], retryInMs: 180_000 });
    expect(brief(await run.activate([completed(run.pending('startSync'), again)]))).toEqual(['timer 180000']);
    await run.advanceTo(run.now + 180_000);
    const last = started([], { outcomes: [failing] });
    await run.activate([completed(run.pending('startSync'), last)]);
    expect(resultOf(run.ended)).toMatchObject({ status: 'partial', failed: ['/ats/jobs'] });
  });

  test('(I10) without holding up a webhook, which is served after its debounce; the timer is set again', async () => {
    const run = await startRetrying();
    run.now += 10_000;
    expect(brief(await run.activate([changed('ats_offers')]))).toEqual(['cancelTimer', 'timer 5000']);
    expect(brief(await run.advanceTo(run.now + 5_000))).toEqual(['startSync ats_offers']);
    const answer = started(['/ats/offers'], { retryInMs: 15_000 });
    await run.activate([completed(run.pending('startSync'), answer)]);
    expect(await finishRead(run, '/ats/offers')).toEqual([]);
    expect(brief(await run.advanceTo(run.now + 15_000))).toEqual(['startSync']);
  });

  test('(I25) also while other reads run', async () => {
    const run = await startReads(['/ats/jobs', '/ats/offers']);
    expect(brief(await finishRead(run, '/ats/jobs', readFailed({ retryInMs: 30_000 })))).toEqual([
      'timer 30000',
    ]);
    expect(brief(await run.advanceTo(run.now + 30_000))).toEqual(['startSync']);
    expect(startInput(run.pending('startSync')).busy).toEqual(['delta /ats/offers']);
  });

  test('of several tries the earliest one counts', async () => {
    const run = await startReads(['/ats/jobs', '/ats/offers']);
    await finishRead(run, '/ats/jobs', readFailed({ retryInMs: 60_000 }));
    const commands = await finishRead(run, '/ats/offers', readFailed({ retryInMs: 20_000 }));
    expect(brief(commands)).toEqual(['cancelTimer', 'timer 20000']);
  });

  test('(I26) a due time in the past is tried after a second, so a slow clock causes no busy loop', async () => {
    const run = await startRetrying(-120_000);
    for (let round = 0; round < 5; round += 1) {
      expect(brief(await run.advanceTo(run.now + 999))).toEqual([]);
      expect(brief(await run.advanceTo(run.now + 1))).toEqual(['startSync']);
      const answer = started([], { retryInMs: -120_000 });
      await run.activate([completed(run.pending('startSync'), answer)]);
    }
  });

  test('a parked integration is looked up again', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    const blocked = { code: 'SETUP_SYNC_PENDING', message: 'The first sync is running.' };
    const answer = started([], { blocked, retryInMs: 60_000 });
    expect(brief(await run.activate([completed(run.pending('startSync'), answer)]))).toEqual(['timer 60000']);
    await run.advanceTo(run.now + 60_000);
    await run.activate([completed(run.pending('startSync'), started(['/ats/jobs']))]);
    await finishRead(run, '/ats/jobs');
    expect(resultOf(run.ended).blocked).toBeUndefined();
  });

  test('a run other than sync/<id> leaves it to sync/<id>', async () => {
    const { run } = await TestRun.start(
      'integrationSync',
      { ...INPUT, everything: true },
      { workflowId: 'catch-up/demo:1-2026' },
    );
    const answer = started(['/ats/jobs'], { retryInMs: 30_000 });
    await run.activate([completed(run.pending('startSync'), answer)]);
    expect(brief(await finishRead(run, '/ats/jobs', readFailed({ retryInMs: 30_000 })))).toEqual([
      'complete',
    ]);
  });

  test('syncNow tries it at once', async () => {
    const run = await startRetrying();
    await run.activate([update('syncNow', { models: ['ats_jobs'] })]);
    expect(startInput(run.pending('startSync'))).toMatchObject({
      models: ['ats_jobs'],
      urgent: true,
      by: 'operator',
    });
  });

  test('the time of the next try is carried on', async () => {
    const run = await startRetrying();
    await run.activate([changed('ats_offers')], { historyLong: true });
    expect(carriedBy(run.ended).retryAt).toBe(run.now + 30_000);
    const { commands } = await continued(run);
    expect(brief(commands)).toEqual(['timer 5000']);
  });
});

describe('what a signal may say', () => {
  test('everything: what a legacy webhook means; both families at once are one sync of everything', async () => {
    const run = await startSignalled('ats_jobs');
    await run.activate([
      signal('modelsChanged', { models: [], everything: true, deliveries: { 'sync-finished': 1 } }),
      signal('modelsChanged', { models: ['ats_jobs'], deliveries: { 'data-changed': 2 } }),
    ]);
    expect(brief(await run.advanceTo(T0 + 5_000))).toEqual(['startSync all']);
    expect(startInput(run.pending('startSync'))).toMatchObject({
      by: 'webhook',
      deliveries: [
        { type: 'sync-finished', times: 1, firstAt: T0, lastAt: T0 },
        { type: 'data-changed', times: 2, firstAt: T0, lastAt: T0 },
      ],
    });
  });

  test('when the integration was deleted: the newest moment counts, and without one the moment of the signal', async () => {
    const run = await startSignalled('ats_jobs');
    // By hand, any form that is accepted elsewhere may come.
    for (const at of ['2026-11-01T10:00:00.000Z', '2026-11-01 14:00+02', '2026-11-01T11:00:00']) {
      await run.activate([signal('integrationChanged', { event: 'deleted', deletedAt: at })]);
    }
    await run.advanceTo(T0 + 5_000);
    const newest = Date.parse('2026-11-01T12:00:00.000Z');
    expect(startInput(run.pending('startSync'))).toMatchObject({ lookUp: true, deletedAt: newest });
    const { run: other } = await TestRun.start('integrationSync', INPUT, {
      jobs: [signal('integrationChanged', { event: 'deleted' })],
    });
    await other.advanceTo(T0 + 5_000);
    expect(startInput(other.pending('startSync'))).toMatchObject({ deletedAt: T0 });
  });

  test('when the integration was deleted: not after the moment of the signal, even if the sender claims so', async () => {
    const { run } = await TestRun.start('integrationSync', INPUT, {
      jobs: [signal('integrationChanged', { event: 'deleted', deletedAt: '9999-12-31T23:59:59Z' })],
    });
    await run.advanceTo(T0 + 5_000);
    expect(startInput(run.pending('startSync'))).toMatchObject({ deletedAt: T0 });
  });
});

describe('eraseIntegration', () => {
  const erase = { integrationId: 'demo:1' };

  test('waits if it is early, continues until nothing is left, and reports what it did', async () => {
    const { run, commands } = await TestRun.start('eraseIntegration', erase);
    expect(brief(commands)).toEqual(['eraseIntegration']);
    const early = { state: 'early', rows: 0, inMs: 3_600_000 };
    expect(brief(await run.activate([completed(run.pending('eraseIntegration'), early)]))).toEqual([
      'timer 3600000',
    ]);
    await run.advanceTo(T0 + 3_600_000);
    await run.activate([completed(run.pending('eraseIntegration'), { state: 'erasing', rows: 4_000 })]);
    await run.activate([completed(run.pending('eraseIntegration'), { state: 'erased', rows: 5 })]);
    expect(run.ended).toMatchObject({
      kind: 'complete',
      result: { integrationId: 'demo:1', erased: true, rows: 4_005 },
    });
  });

  test('(I26) asks at most once a minute, with any clocks', async () => {
    const { run } = await TestRun.start('eraseIntegration', erase);
    const early = { state: 'early', rows: 0, inMs: 3 };
    expect(brief(await run.activate([completed(run.pending('eraseIntegration'), early)]))).toEqual([
      'timer 60000',
    ]);
  });

  test('ends if the data must be kept', async () => {
    const { run } = await TestRun.start('eraseIntegration', erase);
    await run.activate([completed(run.pending('eraseIntegration'), { state: 'kept', rows: 0 })]);
    expect(run.ended).toMatchObject({ kind: 'complete', result: { erased: false, rows: 0 } });
  });

  test('needs an id', async () => {
    const { commands } = await TestRun.start('eraseIntegration', {});
    expect(brief(commands)).toEqual(['fail InvalidInput']);
  });
});
