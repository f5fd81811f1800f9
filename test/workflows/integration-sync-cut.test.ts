import { describe, expect, test } from 'vitest';
import {
  carriedBy,
  changed,
  continued,
  finishRead,
  INPUT,
  kept,
  more,
  read,
  readInput,
  resultOf,
  started,
  startInput,
  startReads,
  startSignalled,
  waits,
} from './answers.ts';
import { brief } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, signal, update } from './jobs.ts';

useWorkflows();

const long = { historyLong: true };

describe('an integration with a reported deletion', () => {
  const PATHS = ['/ats/jobs', '/ats/applications'];
  const deletion = () => signal('integrationChanged', { event: 'deleted' });

  test('(I6) (I21) is looked up without waiting for its reads, which are cut off', async () => {
    const run = await startReads(PATHS);
    const { syncId } = readInput(run.pending('syncEndpoint'));
    const commands = await run.activate([deletion()]);
    expect(brief(commands).sort()).toEqual(['cancelActivity', 'cancelActivity', 'timer 5000']);
    await run.advanceTo(run.now + 5_000);
    expect(startInput(run.pending('startSync'))).toMatchObject({
      models: [],
      lookUp: true,
      deletedAt: T0 + 5_000,
      busy: [],
      cut: [syncId, syncId],
    });
    await run.activate([completed(run.pending('startSync'), started(PATHS))]);
    for (const path of PATHS) await finishRead(run, path);
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed', failed: [], syncs: 2 });
  });

  test('(I6) (I21) while a sync starts: the reads do not begin', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    await run.activate([deletion()]);
    const commands = brief(await run.activate([completed(run.pending('startSync'), started(PATHS))]));
    expect(commands).toEqual(['timer 5000']);
    await run.advanceTo(run.now + 5_000);
    expect(startInput(run.pending('startSync')).cut).toEqual([`${run.runId}/1`]);
  });

  test('(I6) cancelled then: the request is owed, with the look-up', async () => {
    const run = await startReads(PATHS);
    await run.activate([deletion()]);
    await run.activate([cancel()]);
    expect(kept(run)).toMatchObject({ wanted: [{ lookUp: true, deletedAt: T0 + 5_000 }] });
    await run.activate([completed(run.pending('keepForLater'))]);
    expect(run.ended?.kind).toBe('cancelled');
  });
});

describe('cancel', () => {
  test('(I6) during reads: their passes end, and waiting requests are owed', async () => {
    const run = await startReads(['/ats/jobs', '/ats/applications']);
    await finishRead(run, '/ats/jobs');
    await run.activate([changed('ats_candidates')]);
    const commands = brief(await run.activate([cancel()]));
    expect(commands.at(-1)).toBe('keepForLater ats_candidates');
    expect(kept(run).syncIds).toEqual([`${run.runId}/1`]);
    expect(brief(await run.activate([completed(run.pending('keepForLater'))]))).toEqual(['cancelled']);
  });

  test('(I6) while a sync starts: its requests are owed, because it may not have recorded them yet', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    expect(brief(await run.activate([cancel()]))).toEqual(['cancelActivity', 'keepForLater ats_jobs']);
    expect(kept(run).syncIds).toContain(`${run.runId}/1`);
  });

  test('(I6) (I22) still records what is wanted as owed if messages come meanwhile', async () => {
    const run = await startReads(['/ats/jobs']);
    await run.activate([cancel()]);
    expect(await run.activate([changed('ats_offers')])).toEqual([]);
    const commands = await run.activate([completed(run.pending('keepForLater'))], long);
    expect(brief(commands)).toEqual(['continueAsNew']);
    expect(carriedBy(run.ended)).toMatchObject({ wanted: { models: ['ats_offers'] }, reading: [], syncs: 0 });
  });

  test('(I22) in the task in which the history has grown long: it is not lost', async () => {
    const run = await startReads(['/ats/jobs', '/ats/offers']);
    const answer = completed(run.pending('syncEndpoint', '/ats/jobs'), more());
    const commands = brief(await run.activate([cancel(), answer], long));
    expect(commands).toContain('keepForLater');
    expect(commands).not.toContain('continueAsNew');
    await run.activate([completed(run.pending('keepForLater'))], long);
    expect(run.ended?.kind).toBe('cancelled');
  });

  test('(I22) passes on since when it was active, which distinguishes a pause from your cancellation', async () => {
    const run = await startSignalled('ats_jobs');
    await run.activate([cancel()]);
    expect(kept(run).activeSince).toBe(new Date(T0).toISOString());
    const activeSince = '2026-01-01T00:00:00.000Z';
    const planned = await startReads(['/ats/jobs'], { activeSince });
    await planned.activate([cancel()]);
    expect(kept(planned).activeSince).toBe(activeSince);
  });

  test('(I6) a requested look-up is owed', async () => {
    const waiting = await startSignalled('ats_jobs');
    await waiting.activate([signal('integrationChanged', { event: 'state-changed' }), cancel()]);
    expect(kept(waiting)).toMatchObject({ wanted: [{ lookUp: true }] });
  });

  test('(I6) a catch-up that is cancelled owes everything', async () => {
    const { run } = await TestRun.start('integrationSync', { ...INPUT, everything: true });
    await run.activate([cancel()]);
    expect(kept(run)).toMatchObject({ wanted: [{ everything: true }] });
  });
});

describe('a signal after a cancellation', () => {
  test('(I6) is served by the run that follows', async () => {
    const run = await startReads(['/ats/jobs']);
    await run.activate([changed('ats_tags')]);
    await run.activate([cancel()]);
    expect(kept(run).wanted).toMatchObject([{ models: ['ats_tags'] }]);
    await run.activate([changed('ats_offers'), signal('integrationChanged', { event: 'resumed' })]);
    const ended = await run.activate([completed(run.pending('keepForLater'))]);
    expect(brief(ended)).toEqual(['continueAsNew']);
    expect(carriedBy(run.ended)).toMatchObject({
      wanted: { models: ['ats_offers'], lookUp: true },
      reading: [],
    });
  });

  // In one workflow task, the server delivers signals before a cancellation, so the order is not visible.
  test('(I6) (I22) in the same workflow task is owed, and served by the run that follows', async () => {
    const run = await startReads(['/ats/jobs']);
    await run.activate([changed('ats_tags')]);
    await run.activate([changed('ats_offers'), signal('integrationChanged', { event: 'resumed' }), cancel()]);
    expect(kept(run).wanted).toMatchObject([{ models: ['ats_offers', 'ats_tags'], lookUp: true }]);
    const ended = await run.activate([completed(run.pending('keepForLater'))]);
    expect(brief(ended)).toEqual(['continueAsNew']);
    expect(carriedBy(run.ended)).toMatchObject({
      wanted: { models: ['ats_offers', 'ats_tags'], lookUp: true },
    });
  });
});

describe('continue as new', () => {
  test('(I6) carries what is wanted, read and done; the next run continues the same sync', async () => {
    const run = await startReads(['/ats/jobs', '/ats/offers', '/ats/tags']);
    const { syncId } = readInput(run.pending('syncEndpoint'));
    run.now = T0 + 6_000;
    await run.activate([changed('ats_applications'), signal('integrationChanged', { event: 'created' })]);
    await finishRead(run, '/ats/offers');
    await finishRead(run, '/ats/tags', waits(60_000, 1));
    const commands = brief(
      await run.activate([completed(run.pending('syncEndpoint', '/ats/jobs'), more())], long),
    );
    expect(commands.at(-1)).toBe('continueAsNew');
    expect(carriedBy(run.ended)).toMatchObject({
      wanted: { models: ['ats_applications'], lookUp: true, firstAt: T0 + 6_000, lastAt: T0 + 6_000 },
      syncs: 1,
      reading: [
        { endpoint: '/ats/jobs', syncId },
        { endpoint: '/ats/tags', syncId, waitsUntil: T0 + 66_000, tries: 1 },
      ],
      outcomes: [{ endpoint: '/ats/offers' }],
    });

    const next = await continued(run, T0 + 7_000);
    expect(brief(next.commands).sort()).toEqual([
      'syncEndpoint delta /ats/jobs',
      'timer 4000',
      'timer 59000',
    ]);
    expect(readInput(next.run.pending('syncEndpoint')).syncId).toBe(syncId);
    await finishRead(next.run, '/ats/jobs');
    await next.run.advanceTo(T0 + 11_000);
    expect(startInput(next.run.pending('startSync'))).toMatchObject({
      models: ['ats_applications'],
      lookUp: true,
    });
    await next.run.activate([completed(next.run.pending('startSync'), started([]))]);
    await next.run.advanceTo(T0 + 66_000);
    await finishRead(next.run, '/ats/tags');
    expect(resultOf(next.run.ended)).toMatchObject({ syncs: 2 });
    expect(Object.keys(resultOf(next.run.ended).endpoints).sort()).toEqual([
      '/ats/jobs',
      '/ats/offers',
      '/ats/tags',
    ]);
  });

  test('(I1) (I6) while a start gets no answer, for example without the database: its requests are carried', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    expect(brief(await run.activate([changed('ats_tags')], long))).toEqual([
      'cancelActivity',
      'continueAsNew',
    ]);
    expect(carriedBy(run.ended)).toMatchObject({ wanted: { models: ['ats_jobs', 'ats_tags'], firstAt: T0 } });
    const next = await continued(run);
    expect(brief(next.commands)).toEqual(['timer 5000']);
  });

  test('(I6) a debt that falls due without a request is due in the next run', async () => {
    const run = await startReads(['/ats/jobs']);
    run.now += 20_000;
    await finishRead(run, '/ats/jobs', read({ owes: true }));
    const answer = [changed('ats_tags')];
    await run.activate(answer, long);
    const next = await continued(run);
    expect(brief(next.commands)).toEqual(['startSync ats_tags']);
  });

  test('an impatient request stays impatient', async () => {
    const run = await startReads(['/ats/jobs']);
    await run.activate([update('syncNow', { models: ['ats_offers'] })], long);
    const next = await continued(run);
    expect(brief(next.commands)).toContain('startSync ats_offers');
    expect(startInput(next.run.pending('startSync'))).toMatchObject({ urgent: true, by: 'operator' });
  });

  test('(I6) a catch-up runs once, although its input is passed on', async () => {
    const { run } = await TestRun.start('integrationSync', {
      ...INPUT,
      everything: true,
      trigger: 'catch-up',
    });
    expect(startInput(run.pending('startSync'))).toMatchObject({ by: 'catch-up', urgent: true });
    await run.activate([completed(run.pending('startSync'), started(['/ats/jobs']))]);
    await run.activate([completed(run.pending('syncEndpoint'), more())], long);
    const next = await continued(run);
    expect(brief(next.commands)).toEqual(['syncEndpoint delta /ats/jobs']);
    expect(brief(await finishRead(next.run, '/ats/jobs'))).toEqual(['complete']);
  });

  test('(I27) a run that the catch-up began treats webhooks and your requests as news', async () => {
    const input = { ...INPUT, everything: true, trigger: 'catch-up' };
    const { run } = await TestRun.start('integrationSync', input);
    await run.activate([completed(run.pending('startSync'), started(['/ats/jobs']))]);
    expect(run.pending('syncEndpoint')).toMatchObject({ priority: 3, input: { trigger: 'catch-up' } });
    await run.activate([changed('ats_tags')]);
    await run.advanceTo(T0 + 5_000);
    expect(run.pending('startSync')).toMatchObject({
      priority: 2,
      input: { by: 'webhook', trigger: 'webhook' },
    });
    await run.activate([completed(run.pending('startSync'), started([]))]);
    await run.activate([update('syncNow', { models: ['ats_users'] })]);
    expect(run.pending('startSync')).toMatchObject({
      priority: 2,
      input: { by: 'operator', trigger: 'manual' },
    });
  });

  test('(I6) a webhook that comes with the start of a catch-up is owed like any other', async () => {
    const input = { ...INPUT, everything: true, trigger: 'catch-up' };
    const { run } = await TestRun.start('integrationSync', input, { jobs: [changed('ats_tags')] });
    expect(startInput(run.pending('startSync'))).toMatchObject({ by: 'webhook', urgent: true });
  });

  test('a sync that cannot start is carried with its reason', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    await run.activate([failed(run.pending('startSync'), 'Internal', 'a bug')]);
    await run.activate([changed('ats_tags')], long);
    expect(carriedBy(run.ended)).toMatchObject({
      wanted: { models: ['ats_jobs', 'ats_tags'] },
      blocked: { failed: true },
    });
  });
});
