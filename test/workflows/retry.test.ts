import { describe, expect, test } from 'vitest';
import type { SyncState } from '../../workflows/messages.ts';
import {
  carriedBy,
  changed,
  chunk,
  finishPass,
  INPUT,
  plan,
  planInput,
  recorded,
  resultOf,
  startPasses,
  startSignalled,
} from './answers.ts';
import { brief } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, signal, update } from './jobs.ts';

useWorkflows();

const inMs = (run: TestRun, ms: number) => ({ retryAt: new Date(run.now + ms).toISOString() });

/** One endpoint has failed, the other one has not, and the failure is written down. */
async function startRetrying(retryMs = 60_000): Promise<TestRun> {
  const run = await startPasses(['/ats/jobs', '/ats/offers']);
  await run.activate([failed(run.pending('syncEndpoint', '/ats/jobs'), 'Unavailable', 'Kombo is down.')]);
  await finishPass(run, '/ats/offers');
  await run.activate([completed(run.pending('recordFailures'), inMs(run, retryMs))]);
  return run;
}

describe('what failed is tried again', () => {
  test('(I10) also after a try that could not even be planned, though not at once', async () => {
    const run = await startRetrying();
    await run.advanceTo(run.now + 60_000);
    await run.activate([failed(run.pending('planSync'), 'Unavailable', 'down')]);
    // What was due then is due still.
    await run.activate([completed(run.pending('recordFailures'), inMs(run, 0))]);
    expect(brief(await run.advanceTo(run.now + 4 * 60_000))).toEqual([]);
    expect(brief(await run.advanceTo(run.now + 60_000))).toEqual(['planSync']);
  });

  test('(I10) after its pause, without a webhook, until nothing is left to try', async () => {
    const run = await startRetrying();
    expect(await run.query<SyncState>('syncState')).toMatchObject({
      phase: 'retrying',
      retryAt: new Date(run.now + 60_000).toISOString(),
    });
    expect(brief(await run.advanceTo(run.now + 59_999))).toEqual([]);
    expect(brief(await run.advanceTo(run.now + 1))).toEqual(['planSync']);
    expect(planInput(run.pending('planSync'))).toMatchObject({ models: [], kind: 'delta' });
    expect(planInput(run.pending('planSync'))).not.toHaveProperty('force');
    await run.activate([completed(run.pending('planSync'), plan(['/ats/jobs']))]);
    await finishPass(run, '/ats/jobs');
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed', syncs: 2, failed: [] });
  });

  test('(I10) again and again while it fails, and no longer when it needs a person', async () => {
    const run = await startRetrying(60_000);
    await run.advanceTo(run.now + 60_000);
    await run.activate([completed(run.pending('planSync'), plan(['/ats/jobs']))]);
    await run.activate([failed(run.pending('syncEndpoint'), 'Unavailable', 'Kombo is down.')]);
    const again = await run.activate([completed(run.pending('recordFailures'), inMs(run, 180_000))]);
    expect(brief(again)).toEqual(['timer 180000']);
    await run.advanceTo(run.now + 180_000);
    await run.activate([completed(run.pending('planSync'), plan(['/ats/jobs']))]);
    await run.activate([failed(run.pending('syncEndpoint'), 'Unavailable', 'Kombo is down.')]);
    await run.activate([completed(run.pending('recordFailures'), { retryAt: null })]);
    expect(resultOf(run.ended)).toMatchObject({ status: 'partial', failed: ['/ats/jobs'] });
  });

  test('(I10) it holds up nothing: a webhook is served with its own debounce, and the timer is set again', async () => {
    const run = await startRetrying();
    run.now += 10_000;
    expect(brief(await run.activate([changed('ats_offers')]))).toEqual(['cancelTimer', 'timer 5000']);
    expect(brief(await run.advanceTo(run.now + 5_000))).toEqual(['planSync ats_offers']);
    const answer = plan(['/ats/offers'], inMs(run, 45_000));
    await run.activate([completed(run.pending('planSync'), answer)]);
    const commands = await finishPass(run, '/ats/offers');
    expect(brief(commands)).toEqual(['timer 45000']);
  });

  test('a parked integration is looked at again', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    const blocked = { code: 'SETUP_SYNC_PENDING', message: 'The first sync is running.' };
    const answer = plan([], { blocked, ...inMs(run, 60_000) });
    expect(brief(await run.activate([completed(run.pending('planSync'), answer)]))).toEqual(['timer 60000']);
    await run.advanceTo(run.now + 60_000);
    await run.activate([completed(run.pending('planSync'), plan(['/ats/jobs']))]);
    await finishPass(run, '/ats/jobs');
    expect(resultOf(run.ended).blocked).toBeUndefined();
  });

  test('a run that is not sync/<id> leaves it to that one', async () => {
    const { run } = await TestRun.start(
      'integrationSync',
      { ...INPUT, everything: true },
      { workflowId: 'catch-up/demo:1-2026' },
    );
    await run.activate([completed(run.pending('planSync'), plan(['/ats/jobs']))]);
    await run.activate([failed(run.pending('syncEndpoint'), 'Unavailable', 'Kombo is down.')]);
    const ended = await run.activate([completed(run.pending('recordFailures'), inMs(run, 60_000))]);
    expect(brief(ended)).toEqual(['complete']);
  });

  test('syncNow tries it at once', async () => {
    const run = await startRetrying();
    await run.activate([update('syncNow', { models: ['ats_jobs'] })]);
    expect(planInput(run.pending('planSync'))).toMatchObject({ models: ['ats_jobs'], force: true });
  });

  test('the time of the next try is carried on', async () => {
    const run = await startRetrying();
    await run.activate([changed('ats_offers')]);
    await run.advanceTo(run.now + 5_000);
    const answer = plan(['/ats/offers'], inMs(run, 45_000));
    await run.activate([completed(run.pending('planSync'), answer)]);
    await run.activate([completed(run.pending('syncEndpoint'), chunk())], { historyLong: true });
    expect(carriedBy(run.ended).retryAt).toBe(run.now + 45_000);
    const { commands } = await TestRun.start('integrationSync', (run.ended as { input: unknown }).input, {
      at: run.now,
    });
    expect(brief(commands)).toEqual(['timer 45000']);
  });
});

describe('what was signalled after a cancellation', () => {
  test('(I6) is served by the run that follows', async () => {
    const run = await startPasses(['/ats/jobs']);
    await run.activate([changed('ats_tags')]);
    await run.activate([cancel()]);
    await run.activate([changed('ats_offers'), signal('integrationChanged', { event: 'resumed' })]);
    await run.activate([completed(run.pending('recordFailures'))]);
    expect(recorded(run).unservedModels).toEqual(['ats_tags']);
    const ended = await run.activate([completed(run.pending('recordFailures'))]);
    expect(brief(ended)).toEqual(['continueAsNew']);
    expect(carriedBy(run.ended)).toMatchObject({ pending: { models: ['ats_offers'] }, refresh: true });
    expect(carriedBy(run.ended).open).toBeUndefined();
  });

  test('(I6) what was cut off is written down also when the history has grown long meanwhile', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    await run.activate([failed(run.pending('planSync'), 'RequestRejected', 'no')]);
    await run.activate([changed('ats_tags')]);
    await run.activate([cancel()]);
    const answer = [changed('ats_offers'), completed(run.pending('recordFailures'))];
    expect(brief(await run.activate(answer, { historyLong: true }))).toEqual(['recordFailures ats_tags']);
    await run.activate([completed(run.pending('recordFailures'))]);
    expect(carriedBy(run.ended)).toMatchObject({ pending: { models: ['ats_offers'] } });
  });

  // The server hands signals in before a cancellation of the same workflow task: the order is not to be seen.
  test('(I6) (I22) in the same workflow task is owed, and served by the run that follows', async () => {
    const run = await startPasses(['/ats/jobs']);
    await run.activate([changed('ats_tags')]);
    await run.activate([changed('ats_offers'), signal('integrationChanged', { event: 'resumed' }), cancel()]);
    await run.activate([completed(run.pending('recordFailures'))]);
    expect(recorded(run)).toMatchObject({
      unservedModels: ['ats_offers', 'ats_tags'],
      unservedLookUp: true,
    });
    const ended = await run.activate([completed(run.pending('recordFailures'))]);
    expect(brief(ended)).toEqual(['continueAsNew']);
    expect(carriedBy(run.ended)).toMatchObject({
      pending: { models: ['ats_offers', 'ats_tags'] },
      refresh: true,
      syncs: 0,
    });
  });
});

describe('what a signal may say', () => {
  test('everything: what a legacy webhook means; both families at once are one sync of everything', async () => {
    const run = await startSignalled('ats_jobs');
    await run.activate([
      signal('modelsChanged', { models: [], everything: true, deliveries: { 'sync-finished': 1 } }),
      signal('modelsChanged', { models: ['ats_jobs'], deliveries: { 'data-changed': 2 } }),
    ]);
    expect(brief(await run.advanceTo(T0 + 5_000))).toEqual(['planSync all']);
    expect(planInput(run.pending('planSync')).deliveries).toEqual([
      { type: 'sync-finished', times: 1, firstAt: T0, lastAt: T0 },
      { type: 'data-changed', times: 2, firstAt: T0, lastAt: T0 },
    ]);
  });

  test('when the integration was deleted: the newest moment counts, and without one the moment of the signal', async () => {
    const run = await startSignalled('ats_jobs');
    const at = '2026-11-01T10:00:00.000Z';
    await run.activate([signal('integrationChanged', { event: 'deleted', deletedAt: at })]);
    await run.advanceTo(T0 + 5_000);
    expect(planInput(run.pending('planSync'))).toMatchObject({ refresh: true, deletedAt: Date.parse(at) });
    const { run: other } = await TestRun.start('integrationSync', INPUT, {
      jobs: [signal('integrationChanged', { event: 'deleted' })],
    });
    await other.advanceTo(T0 + 5_000);
    expect(planInput(other.pending('planSync'))).toMatchObject({ deletedAt: T0 });
  });
});

describe('eraseIntegration', () => {
  const erase = { integrationId: 'demo:1' };

  test('waits when it is early, goes on until nothing is left, and says what it did', async () => {
    const { run, commands } = await TestRun.start('eraseIntegration', erase);
    expect(brief(commands)).toEqual(['eraseIntegration']);
    const at = new Date(T0 + 3_600_000).toISOString();
    const early = { state: 'early', rows: 0, at };
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

  test('ends when the data are to be kept', async () => {
    const { run } = await TestRun.start('eraseIntegration', erase);
    await run.activate([completed(run.pending('eraseIntegration'), { state: 'kept', rows: 0 })]);
    expect(run.ended).toMatchObject({ kind: 'complete', result: { erased: false, rows: 0 } });
  });

  test('needs an id', async () => {
    const { commands } = await TestRun.start('eraseIntegration', {});
    expect(brief(commands)).toEqual(['fail InvalidInput']);
  });
});
