import { describe, expect, test } from 'vitest';
import type { SyncState } from '../../workflows/messages.ts';
import {
  changed,
  chunk,
  finishPass,
  INPUT,
  planInput,
  plan,
  resultOf,
  startPasses,
  startSignalled,
} from './answers.ts';
import { brief } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { completed, signal, update } from './jobs.ts';

useWorkflows();

describe('debounce', () => {
  test('(I5) a burst gives one sync with every model once', async () => {
    const run = await startSignalled('ats_jobs');
    for (let index = 1; index < 100; index += 1) {
      run.now = T0 + index;
      expect(await run.activate([changed('ats_jobs', `ats_${index % 3}`)])).toEqual([]);
    }
    expect(brief(await run.advanceTo(T0 + 99 + 4_999))).toEqual(['timer 99']);
    expect(brief(await run.advanceTo(T0 + 99 + 5_000))).toEqual(['planSync ats_0,ats_1,ats_2,ats_jobs']);
    await run.activate([completed(run.pending('planSync'), plan(['/ats/jobs']))]);
    expect(brief(await finishPass(run, '/ats/jobs'))).toEqual(['complete']);
    expect(resultOf(run.ended)).toMatchObject({ syncs: 1, status: 'completed' });
  });

  test('(I5) the timer is set again only when it has run out, never per signal', async () => {
    const run = await startSignalled('ats_jobs');
    run.now = T0 + 3_000;
    expect(await run.activate([changed('ats_jobs')])).toEqual([]);
    expect(brief(await run.advanceTo(T0 + 5_000))).toEqual(['timer 3000']);
    expect(brief(await run.advanceTo(T0 + 8_000))).toEqual(['planSync ats_jobs']);
  });

  test('(I5) under a steady stream a sync starts at the maximum wait, to the millisecond', async () => {
    const run = await startSignalled('ats_jobs');
    for (let at = 1_000; at < 60_000; at += 1_000) {
      expect(brief(await run.advanceTo(T0 + at)).filter((command) => !command.startsWith('timer'))).toEqual(
        [],
      );
      expect(await run.activate([changed('ats_offers')])).toEqual([]);
    }
    expect(brief(await run.advanceTo(T0 + 59_999))).toEqual([]);
    expect(brief(await run.advanceTo(T0 + 60_000))).toEqual(['planSync ats_jobs,ats_offers']);
  });

  test('(I5) a sync costs at most one timer per quiet time, whatever the number of signals', async () => {
    const run = await startSignalled('ats_jobs');
    let timers = 1;
    for (let at = 50; at <= 60_000; at += 50) {
      timers += brief(await run.advanceTo(T0 + at)).filter((command) => command.startsWith('timer')).length;
      if (run.timers.size > 0) await run.activate([changed('ats_jobs')]);
    }
    expect(timers).toBeLessThanOrEqual(1 + 60_000 / 5_000);
  });

  test('the state can be asked for', async () => {
    const run = await startSignalled('ats_jobs');
    expect(await run.query<SyncState>('syncState')).toMatchObject({
      phase: 'waiting',
      pendingModels: ['ats_jobs'],
      dueAt: new Date(T0 + 5_000).toISOString(),
      syncs: 0,
    });
    await run.advanceTo(T0 + 5_000);
    await run.activate([completed(run.pending('planSync'), plan(['/ats/jobs']))]);
    expect(await run.query<SyncState>('syncState')).toMatchObject({
      phase: 'syncing',
      pendingModels: [],
      running: [{ endpoint: '/ats/jobs', kind: 'delta' }],
      syncs: 1,
    });
  });
});

describe('signals during a sync', () => {
  test('(I6) give exactly one more sync, with exactly the models named', async () => {
    const run = await startPasses(['/ats/jobs']);
    await run.activate([changed('ats_offers')]);
    await run.activate([changed('ats_tags', 'ats_offers')]);
    expect(brief(await finishPass(run, '/ats/jobs'))).toEqual(['timer 5000']);
    expect(brief(await run.advanceTo(T0 + 10_000))).toEqual(['planSync ats_offers,ats_tags']);
    await run.activate([completed(run.pending('planSync'), plan(['/ats/offers']))]);
    expect(brief(await finishPass(run, '/ats/offers'))).toEqual(['complete']);
    expect(resultOf(run.ended).syncs).toBe(2);
  });

  test('(I6) the same model signalled during its own pass is read again', async () => {
    const run = await startPasses(['/ats/jobs']);
    await run.activate([changed('ats_jobs')]);
    await finishPass(run, '/ats/jobs');
    expect(brief(await run.advanceTo(T0 + 10_000))).toEqual(['planSync ats_jobs']);
  });

  test('(I6) a signal in the activation that would end the run is not lost', async () => {
    const run = await startPasses(['/ats/jobs']);
    const last = completed(run.pending('syncEndpoint'), chunk());
    expect(brief(await run.activate([changed('ats_offers'), last]))).toEqual(['timer 5000']);
    expect(brief(await run.advanceTo(T0 + 10_000))).toEqual(['planSync ats_offers']);
  });
});

describe('messages', () => {
  test('syncNow starts a sync of everything at once, also as the first thing a run hears', async () => {
    const { run, commands } = await TestRun.start('integrationSync', INPUT, {
      jobs: [update('syncNow', {})],
    });
    expect(brief(commands)).toEqual(['update accepted', 'planSync all', 'update completed']);
    expect(planInput(run.pending('planSync')).models).toBeUndefined();
  });

  test('syncNow with models reads those and what was waiting', async () => {
    const run = await startSignalled('ats_jobs');
    const commands = await run.activate([update('syncNow', { models: ['ats_offers'] })]);
    expect(brief(commands)).toContain('planSync ats_jobs,ats_offers');
  });

  test('integrationChanged makes the next plan look the integration up', async () => {
    const { run } = await TestRun.start('integrationSync', INPUT, {
      jobs: [signal('integrationChanged', { event: 'created' })],
    });
    await run.advanceTo(T0 + 5_000);
    expect(planInput(run.pending('planSync'))).toMatchObject({ refresh: true, models: [] });
    await run.activate([changed('ats_jobs'), completed(run.pending('planSync'), plan([]))]);
    await run.advanceTo(T0 + 10_000);
    expect(planInput(run.pending('planSync'))).toMatchObject({
      refresh: false,
      models: ['ats_jobs'],
    });
  });

  test.each([undefined, null, 7, 'ats_jobs', [], {}, { models: 'ats_jobs' }, { models: [1, null, {}] }])(
    '(I3) a malformed signal is harmless: %j',
    async (payload) => {
      const run = await startSignalled('ats_jobs');
      await run.activate([signal('modelsChanged', payload), signal('integrationChanged', payload)]);
      await run.activate([signal('noSuchSignal', payload)]);
      await run.advanceTo(T0 + 5_000);
      expect(planInput(run.pending('planSync')).models).toEqual(['ats_jobs']);
    },
  );

  test('(I3) models without an endpoint are counted in the result', async () => {
    const run = await startSignalled('ats_new_thing');
    await run.advanceTo(T0 + 5_000);
    const answer = plan([], { unknownModels: ['ats_new_thing'] });
    expect(brief(await run.activate([completed(run.pending('planSync'), answer)]))).toEqual(['complete']);
    expect(resultOf(run.ended).unknownModels).toEqual(['ats_new_thing']);
  });

  test.each([undefined, null, {}, { integrationId: '' }, { integrationId: 7 }, 'demo:1'])(
    'a wrong input fails and says what a right one is: %j',
    async (input) => {
      const { commands } = await TestRun.start('integrationSync', input);
      expect(brief(commands)).toEqual(['fail InvalidInput']);
      expect(commands[0]).toMatchObject({ message: expect.stringContaining('{"integrationId":"') as string });
    },
  );

  test('a run that nobody labelled labels itself, once', async () => {
    const { run } = await TestRun.start('integrationSync', INPUT, {
      jobs: [changed('ats_jobs')],
      labels: [],
    });
    await run.advanceTo(T0 + 5_000);
    const answer = plan(['/ats/jobs'], { tool: 'demo', category: 'ATS' });
    const [labels] = await run.activate([changed('ats_offers'), completed(run.pending('planSync'), answer)]);
    expect(labels).toEqual({
      kind: 'labels',
      labels: {
        KomboIntegrationId: 'demo:1',
        KomboTool: 'demo',
        KomboCategory: 'ATS',
        KomboTrigger: 'webhook',
        KomboModels: ['ats_jobs'],
      },
    });
    await finishPass(run, '/ats/jobs');
    await run.advanceTo(T0 + 10_000);
    const commands = await run.activate([completed(run.pending('planSync'), plan(['/ats/offers']))]);
    expect(brief(commands)).toEqual(['syncEndpoint delta /ats/offers']);
  });
});
