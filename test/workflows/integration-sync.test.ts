import { describe, expect, test } from 'vitest';
import type { SyncState } from '../../workflows/messages.ts';
import {
  changed,
  finishRead,
  INPUT,
  read,
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

describe('debounce', () => {
  test('(I5) a burst gives one sync with every model once', async () => {
    const run = await startSignalled('ats_jobs');
    for (let index = 1; index < 100; index += 1) {
      run.now = T0 + index;
      expect(await run.activate([changed('ats_jobs', `ats_${index % 3}`)])).toEqual([]);
    }
    expect(brief(await run.advanceTo(T0 + 99 + 4_999))).toEqual(['timer 99']);
    expect(brief(await run.advanceTo(T0 + 99 + 5_000))).toEqual(['startSync ats_0,ats_1,ats_2,ats_jobs']);
    await run.activate([completed(run.pending('startSync'), started(['/ats/jobs']))]);
    expect(brief(await finishRead(run, '/ats/jobs'))).toEqual(['complete']);
    expect(resultOf(run.ended)).toMatchObject({ syncs: 1, status: 'completed' });
  });

  test('(I5) the timer is set again only when it has run out, never per signal', async () => {
    const run = await startSignalled('ats_jobs');
    run.now = T0 + 3_000;
    expect(await run.activate([changed('ats_jobs')])).toEqual([]);
    expect(brief(await run.advanceTo(T0 + 5_000))).toEqual(['timer 3000']);
    expect(brief(await run.advanceTo(T0 + 8_000))).toEqual(['startSync ats_jobs']);
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
    expect(brief(await run.advanceTo(T0 + 60_000))).toEqual(['startSync ats_jobs,ats_offers']);
  });

  test('(I5) a sync costs at most one timer per quiet time, for any number of signals', async () => {
    const run = await startSignalled('ats_jobs');
    let timers = 1;
    for (let at = 50; at <= 60_000; at += 50) {
      timers += brief(await run.advanceTo(T0 + at)).filter((command) => command.startsWith('timer')).length;
      if (run.timers.size > 0) await run.activate([changed('ats_jobs')]);
    }
    expect(timers).toBeLessThanOrEqual(1 + 60_000 / 5_000);
  });

  test('a query returns the state', async () => {
    const run = await startSignalled('ats_jobs');
    expect(await run.query<SyncState>('syncState')).toMatchObject({
      phase: 'waiting',
      pendingModels: ['ats_jobs'],
      dueAt: new Date(T0 + 5_000).toISOString(),
      syncs: 0,
    });
    await run.advanceTo(T0 + 5_000);
    await run.activate([completed(run.pending('startSync'), started(['/ats/jobs']))]);
    expect(await run.query<SyncState>('syncState')).toMatchObject({
      phase: 'reading',
      pendingModels: [],
      running: [{ endpoint: '/ats/jobs', kind: 'delta' }],
      syncs: 1,
    });
  });
});

describe('signals during a sync', () => {
  test('(I6) make exactly one more sync, with exactly the named models', async () => {
    const run = await startReads(['/ats/jobs']);
    expect(brief(await run.activate([changed('ats_offers')]))).toEqual(['timer 5000']);
    expect(brief(await run.activate([changed('ats_tags', 'ats_offers')]))).toEqual([]);
    expect(brief(await finishRead(run, '/ats/jobs'))).toEqual([]);
    expect(brief(await run.advanceTo(T0 + 10_000))).toEqual(['startSync ats_offers,ats_tags']);
    await run.activate([completed(run.pending('startSync'), started(['/ats/offers']))]);
    expect(brief(await finishRead(run, '/ats/offers'))).toEqual(['complete']);
    expect(resultOf(run.ended).syncs).toBe(2);
  });

  test('(I6) the same model signalled during its own read is read again', async () => {
    const run = await startReads(['/ats/jobs']);
    await run.activate([changed('ats_jobs')]);
    await finishRead(run, '/ats/jobs');
    expect(brief(await run.advanceTo(T0 + 10_000))).toEqual(['startSync ats_jobs']);
  });

  test('(I6) a start that leaves something to a read looks again when the read ends, for any outcome', async () => {
    const run = await startReads(['/ats/jobs']);
    await run.activate([changed('ats_jobs')]);
    await run.advanceTo(T0 + 10_000);
    expect(startInput(run.pending('startSync')).busy).toEqual(['delta /ats/jobs']);
    const left = started([], { left: ['delta /ats/jobs'] });
    expect(await run.activate([completed(run.pending('startSync'), left)])).toEqual([]);
    expect(brief(await finishRead(run, '/ats/jobs'))).toEqual(['timer 1000']);
    expect(brief(await run.advanceTo(T0 + 11_000))).toEqual(['startSync']);
    expect(startInput(run.pending('startSync')).by).toBe('timer');
    expect(brief(await run.activate([completed(run.pending('startSync'), started([]))]))).toEqual([
      'complete',
    ]);
  });

  test('(I6) it looks again at once if the read has ended meanwhile', async () => {
    const run = await startReads(['/ats/jobs']);
    await run.activate([changed('ats_jobs')]);
    await run.advanceTo(T0 + 10_000);
    await finishRead(run, '/ats/jobs');
    const left = started([], { left: ['delta /ats/jobs'] });
    expect(brief(await run.activate([completed(run.pending('startSync'), left)]))).toEqual(['timer 1000']);
  });

  test('(I6) a signal in the activation that would end the run is not lost', async () => {
    const run = await startReads(['/ats/jobs']);
    const last = completed(run.pending('syncEndpoint'), read());
    expect(brief(await run.activate([changed('ats_offers'), last]))).toEqual(['timer 5000']);
    expect(brief(await run.advanceTo(T0 + 10_000))).toEqual(['startSync ats_offers']);
  });
});

describe('messages', () => {
  test('syncNow starts a sync of everything at once, also as the first message of a run', async () => {
    const { run, commands } = await TestRun.start('integrationSync', INPUT, {
      jobs: [update('syncNow', {})],
    });
    expect(brief(commands)).toEqual(['update accepted', 'startSync all', 'update completed']);
    expect(startInput(run.pending('startSync')).models).toBeUndefined();
  });

  test('syncNow with models reads those and the waiting ones', async () => {
    const run = await startSignalled('ats_jobs');
    const commands = await run.activate([update('syncNow', { models: ['ats_offers'] })]);
    expect(brief(commands)).toContain('startSync ats_jobs,ats_offers');
  });

  test('integrationChanged makes the next plan look the integration up', async () => {
    const { run } = await TestRun.start('integrationSync', INPUT, {
      jobs: [signal('integrationChanged', { event: 'created' })],
    });
    await run.advanceTo(T0 + 5_000);
    expect(startInput(run.pending('startSync'))).toMatchObject({ lookUp: true, models: [] });
    await run.activate([changed('ats_jobs'), completed(run.pending('startSync'), started([]))]);
    await run.advanceTo(T0 + 10_000);
    expect(startInput(run.pending('startSync')).models).toEqual(['ats_jobs']);
    expect(startInput(run.pending('startSync')).lookUp).toBe(false);
  });

  test.each([undefined, null, 7, 'ats_jobs', [], {}, { models: 'ats_jobs' }, { models: [1, null, {}] }])(
    '(I3) a malformed signal is harmless: %j',
    async (payload) => {
      const run = await startSignalled('ats_jobs');
      await run.activate([signal('modelsChanged', payload), signal('integrationChanged', payload)]);
      await run.activate([signal('noSuchSignal', payload)]);
      await run.advanceTo(T0 + 5_000);
      expect(startInput(run.pending('startSync')).models).toEqual(['ats_jobs']);
    },
  );

  test('(I3) models without an endpoint are counted in the result', async () => {
    const run = await startSignalled('ats_new_thing');
    await run.advanceTo(T0 + 5_000);
    const answer = started([], { unknownModels: ['ats_new_thing'] });
    expect(brief(await run.activate([completed(run.pending('startSync'), answer)]))).toEqual(['complete']);
    expect(resultOf(run.ended).unknownModels).toEqual(['ats_new_thing']);
  });

  test.each([
    undefined,
    null,
    {},
    { integrationId: '' },
    { integrationId: 7 },
    'demo:1',
    { integrationId: 'a\u200bb' },
  ])('a wrong input fails and says what is right: %j', async (input) => {
    const { commands } = await TestRun.start('integrationSync', input);
    expect(brief(commands)).toEqual(['fail InvalidInput']);
    expect(commands[0]).toMatchObject({ message: expect.stringContaining('{"integrationId":"') as string });
  });

  test('a run without labels labels itself, once', async () => {
    const { run } = await TestRun.start('integrationSync', INPUT, {
      jobs: [changed('ats_jobs')],
      labels: [],
    });
    await run.advanceTo(T0 + 5_000);
    const answer = started(['/ats/jobs'], { tool: 'demo', category: 'ATS' });
    const [labels] = await run.activate([changed('ats_offers'), completed(run.pending('startSync'), answer)]);
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
    await finishRead(run, '/ats/jobs');
    await run.advanceTo(T0 + 10_000);
    const commands = await run.activate([completed(run.pending('startSync'), started(['/ats/offers']))]);
    expect(brief(commands)).toEqual(['syncEndpoint delta /ats/offers']);
  });
});

test.each([-1, Number.NaN, Infinity, '5s', null, 1e12])(
  '(I26) a quiet time of %j is not a duration',
  async (quietMs) => {
    const { commands } = await TestRun.start('integrationSync', { ...INPUT, quietMs });
    expect(brief(commands)).toEqual(['fail InvalidInput']);
  },
);

test('(I26) too many names become everything, and an invalid count is ignored', async () => {
  const run = await startSignalled('ats_jobs');
  for (let delivery = 0; delivery < 24; delivery += 1) {
    const models = Array.from({ length: 500 }, (_, index) => `${delivery} ${index}`.padEnd(200, 'x'));
    await run.activate([signal('modelsChanged', { models, deliveries: { 'data-changed': 1.5, other: 1 } })]);
  }
  await run.advanceTo(T0 + 5_000);
  const { models, deliveries } = startInput(run.pending('startSync'));
  expect(models).toBeUndefined();
  expect(deliveries).toMatchObject([{ type: 'other', times: 24 }]);
});

test('facts about an integration in webhooks are passed on, in case it is unknown', async () => {
  const { run } = await TestRun.start('integrationSync', INPUT, {
    jobs: [signal('modelsChanged', { models: ['ats_jobs'], tool: 'demo', category: 'ATS' })],
  });
  await run.advanceTo(T0 + 5_000);
  expect(startInput(run.pending('startSync'))).toMatchObject({
    tool: 'demo',
    category: 'ATS',
    by: 'webhook',
  });
});
