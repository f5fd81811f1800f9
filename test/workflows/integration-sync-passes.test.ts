import { describe, expect, test } from 'vitest';
import {
  INPUT,
  carriedBy,
  changed,
  chunk,
  finishPass,
  passInput,
  planInput,
  plan,
  recorded,
  resultOf,
  startPasses,
  startSignalled,
} from './answers.ts';
import { brief } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { completed, failed, signal, timedOut, update } from './jobs.ts';

useWorkflows();

describe('passes', () => {
  const many = [
    '/ats/jobs',
    '/ats/applications',
    '/ats/offers',
    '/ats/tags',
    '/ats/users',
    '/ats/candidates',
  ];

  test('four at once, with the heartbeat that bounds a lost worker, before full passes in the queue', async () => {
    const run = await startPasses(many);
    expect([...run.activities.values()]).toHaveLength(4);
    expect(run.pending('syncEndpoint')).toMatchObject({
      heartbeatMs: 30_000,
      scheduleToCloseMs: 24 * 3_600_000,
      priority: 2,
    });
    expect(brief(await finishPass(run, '/ats/applications'))).toEqual(['syncEndpoint delta /ats/users']);
  });

  test('(I9) a chunk that is not done is followed by the next one of the same pass', async () => {
    const run = await startPasses(['/ats/jobs']);
    const first = run.pending('syncEndpoint');
    expect(brief(await run.activate([completed(first, chunk({ done: false }))]))).toEqual([
      'syncEndpoint delta /ats/jobs',
    ]);
    expect(run.pending('syncEndpoint').input).toEqual(first.input);
  });

  test('(I10) a failed endpoint takes no other one with it; the result says so and the read is owed', async () => {
    const run = await startPasses(['/ats/jobs', '/ats/offers']);
    const failure = failed(
      run.pending('syncEndpoint', '/ats/jobs'),
      'RequestRejected',
      'Kombo said no.',
      'PLATFORM.INPUT_INVALID',
    );
    expect(await run.activate([failure])).toEqual([]);
    expect(brief(await finishPass(run, '/ats/offers'))).toEqual(['recordFailures /ats/jobs']);
    expect(recorded(run).failures).toEqual([
      {
        endpoint: '/ats/jobs',
        kind: 'delta',
        type: 'RequestRejected',
        code: 'PLATFORM.INPUT_INVALID',
        message: 'Kombo said no.',
      },
    ]);
    expect(recorded(run).syncId).toBe(`${run.runId}/1`);
    await run.activate([completed(run.pending('recordFailures'))]);
    expect(resultOf(run.ended)).toMatchObject({
      status: 'partial',
      failed: ['/ats/jobs'],
      endpoints: { '/ats/jobs': { status: 'failed', reason: { message: 'Kombo said no.' } } },
    });
  });

  test('(I10) a pass whose workers all went away is a failed pass', async () => {
    const run = await startPasses(['/ats/jobs']);
    await run.activate([timedOut(run.pending('syncEndpoint'))]);
    expect(recorded(run).failures).toMatchObject([{ endpoint: '/ats/jobs', type: 'TimedOut' }]);
  });

  test('(I10) what the tool does not offer is skipped, not failed', async () => {
    const run = await startPasses(['/ats/jobs', '/ats/offers']);
    await run.activate([failed(run.pending('syncEndpoint'), 'EndpointDisabled', 'Not offered.')]);
    await finishPass(run, '/ats/offers');
    await run.activate([completed(run.pending('recordFailures'))]);
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed', failed: [] });
  });

  test.each(['IntegrationParked', 'IntegrationGone', 'AccessDenied'])(
    '(I10) %s holds for the whole integration: no other pass is begun, and every read is recorded',
    async (type) => {
      const run = await startPasses(many);
      expect(await run.activate([failed(run.pending('syncEndpoint', '/ats/jobs'), type, 'no')])).toEqual([]);
      for (const endpoint of ['/ats/applications', '/ats/offers', '/ats/tags'])
        await finishPass(run, endpoint);
      expect(recorded(run).failures.map((failure) => [failure.endpoint, failure.type])).toEqual([
        ['/ats/jobs', type],
        ['/ats/users', type],
        ['/ats/candidates', type],
      ]);
    },
  );

  test('(I6) a plan that fails records the models that it was to serve', async () => {
    const run = await startSignalled('ats_jobs', 'ats_offers');
    await run.advanceTo(T0 + 5_000);
    await run.activate([failed(run.pending('planSync'), 'AccessDenied', 'Check KOMBO_API_KEY.')]);
    expect(recorded(run)).toMatchObject({
      failures: [],
      unservedModels: ['ats_jobs', 'ats_offers'],
      unservedEverything: false,
    });
    await run.activate([completed(run.pending('recordFailures'))]);
    expect(resultOf(run.ended)).toMatchObject({
      status: 'failed',
      blocked: { code: 'AccessDenied', message: 'Check KOMBO_API_KEY.' },
    });
  });

  test('a paused integration is no failure', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    const answer = plan([], { blocked: { code: 'Paused', message: 'Paused: audit.' } });
    await run.activate([completed(run.pending('planSync'), answer)]);
    expect(resultOf(run.ended)).toMatchObject({
      status: 'completed',
      blocked: { code: 'Paused' },
    });
  });
});

describe('continue as new', () => {
  test('(I6) carries the open passes, what is pending and what is done; the next run goes on with the same sync', async () => {
    const run = await startPasses(['/ats/jobs', '/ats/offers', '/ats/tags', '/ats/users', '/ats/candidates']);
    const { syncId } = passInput(run.pending('syncEndpoint'));
    run.now = T0 + 6_000;
    await run.activate([changed('ats_applications'), signal('integrationChanged', { event: 'created' })]);
    for (const endpoint of ['/ats/offers', '/ats/tags']) {
      await run.activate([completed(run.pending('syncEndpoint', endpoint), chunk())]);
    }
    const unfinished = ['/ats/jobs', '/ats/users', '/ats/candidates'].map((endpoint) =>
      completed(run.pending('syncEndpoint', endpoint), chunk({ done: false })),
    );
    expect(brief(await run.activate(unfinished, { historyLong: true }))).toEqual(['continueAsNew']);
    const carried = carriedBy(run.ended);
    expect(carried).toMatchObject({
      pending: { models: ['ats_applications'], firstAt: T0 + 6_000, lastAt: T0 + 6_000 },
      refresh: true,
      syncs: 1,
      open: { syncId },
    });
    expect(carried.open?.passes.map((pass) => pass.endpoint).sort()).toEqual([
      '/ats/candidates',
      '/ats/jobs',
      '/ats/users',
    ]);
    expect(carried.outcomes.map((outcome) => outcome.endpoint)).toEqual(['/ats/offers', '/ats/tags']);

    const next = await TestRun.start('integrationSync', (run.ended as { input: unknown }).input, {
      at: T0 + 7_000,
    });
    expect(brief(next.commands)).toHaveLength(3);
    expect(passInput(next.run.pending('syncEndpoint')).syncId).toBe(syncId);
    for (const endpoint of ['/ats/jobs', '/ats/users', '/ats/candidates'])
      await finishPass(next.run, endpoint);
    await next.run.advanceTo(T0 + 11_000);
    expect(planInput(next.run.pending('planSync'))).toMatchObject({
      models: ['ats_applications'],
      refresh: true,
    });
    await next.run.activate([completed(next.run.pending('planSync'), plan([]))]);
    const result = resultOf(next.run.ended);
    expect(Object.keys(result.endpoints).sort()).toEqual([
      '/ats/candidates',
      '/ats/jobs',
      '/ats/offers',
      '/ats/tags',
      '/ats/users',
    ]);
    expect(result.syncs).toBe(2);
  });

  test('(I6) happens between two syncs too, with the deadline as it was', async () => {
    const run = await startPasses(['/ats/jobs']);
    run.now = T0 + 6_000;
    await run.activate([changed('ats_offers')]);
    run.now = T0 + 7_000;
    const last = completed(run.pending('syncEndpoint'), chunk());
    expect(brief(await run.activate([last], { historyLong: true }))).toEqual(['continueAsNew']);
    const next = await TestRun.start('integrationSync', (run.ended as { input: unknown }).input, {
      at: T0 + 7_000,
    });
    expect(brief(next.commands)).toEqual(['timer 4000']);
  });

  test('an impatient request stays impatient', async () => {
    const run = await startPasses(['/ats/jobs']);
    await run.activate([update('syncNow', { models: ['ats_offers'] })]);
    await run.activate([completed(run.pending('syncEndpoint'), chunk())], { historyLong: true });
    const next = await TestRun.start('integrationSync', (run.ended as { input: unknown }).input);
    expect(brief(next.commands)).toEqual(['planSync ats_offers']);
  });

  test('(I6) a catch-up runs once, though its input is handed on', async () => {
    const { run } = await TestRun.start('integrationSync', { ...INPUT, everything: true });
    await run.activate([completed(run.pending('planSync'), plan(['/ats/jobs']))]);
    await run.activate([completed(run.pending('syncEndpoint'), chunk({ done: false }))], {
      historyLong: true,
    });
    const next = await TestRun.start('integrationSync', (run.ended as { input: unknown }).input);
    expect(brief(next.commands)).toEqual(['syncEndpoint delta /ats/jobs']);
    expect(brief(await finishPass(next.run, '/ats/jobs'))).toEqual(['complete']);
  });
});
