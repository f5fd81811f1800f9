import { describe, expect, test } from 'vitest';
import type { SyncState } from '../../workflows/messages.ts';
import { carriedBy, changed, continued, INPUT, outcome, started, startInput } from './answers.ts';
import { brief } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { completed, signal, update } from './jobs.ts';

useWorkflows();

const LEADING = { ...INPUT, leading: true };
const DONE = started([], { outcomes: [outcome('/ats/jobs')] });

async function lone() {
  return TestRun.start('integrationSync', LEADING, { jobs: [changed('ats_jobs')] });
}

/** A run that has read its first webhook at once. */
async function done() {
  const { run } = await lone();
  run.now = T0 + 200;
  await run.activate([completed(run.pending('startSync'), DONE)]);
  return run;
}

describe('with DEBOUNCE_LEADING', () => {
  test('(I5) the first webhook is read at once, and the run stays for those that follow', async () => {
    const { run, commands } = await lone();
    expect(brief(commands)).toEqual(['startSync ats_jobs']);
    run.now = T0 + 200;
    const after = await run.activate([completed(run.pending('startSync'), DONE)]);
    expect(brief(after)).toEqual(['timer 4800']);
    expect((await run.query<SyncState>('syncState')).phase).toBe('waiting');
    expect(brief(await run.advanceTo(T0 + 5_000))).toEqual(['complete']);
  });

  test('(I5) what follows is debounced: a storm is two syncs', async () => {
    const run = await done();
    for (let at = 1_000; at <= 9_000; at += 1_000) {
      await run.advanceTo(T0 + at);
      await run.activate([changed('ats_jobs')]);
    }
    expect(() => run.pending('startSync')).toThrow(/is pending/);
    expect(brief(await run.advanceTo(T0 + 14_000))).toContain('startSync ats_jobs');
  });

  test('(I5) in a stream without a pause, a sync starts at the latest a maximum wait after the first one', async () => {
    const run = await done();
    const starts: number[] = [];
    for (let at = 1_000; at <= 70_000; at += 1_000) {
      if (brief(await run.advanceTo(T0 + at)).includes('startSync ats_jobs')) starts.push(at);
      await run.activate([changed('ats_jobs')]);
    }
    expect(starts).toEqual([61_000]);
  });

  test('one that comes while the first is read waits for quiet, and is not lost when that ends', async () => {
    const { run } = await lone();
    run.now = T0 + 100;
    await run.activate([changed('ats_offers')]);
    run.now = T0 + 200;
    const after = await run.activate([completed(run.pending('startSync'), DONE)]);
    expect(brief(after)).toEqual(['timer 4900']);
    await run.advanceTo(T0 + 5_100);
    expect(startInput(run.pending('startSync')).models).toEqual(['ats_offers']);
  });

  test('after quiet the next one leads again, also beside a read that goes on', async () => {
    const { run } = await lone();
    await run.activate([completed(run.pending('startSync'), started(['/ats/jobs']))]);
    await run.advanceTo(T0 + 30_000);
    expect(brief(await run.activate([changed('ats_offers')]))).toEqual(['startSync ats_offers']);
  });

  test('neither being woken nor your own sync counts as a webhook', async () => {
    const { run } = await TestRun.start('integrationSync', LEADING, { jobs: [changed()] });
    run.now = T0 + 100;
    expect(brief(await run.activate([changed('ats_jobs')]))).toContain('startSync ats_jobs');
    const own = await TestRun.start('integrationSync', LEADING, { jobs: [update('syncNow', {})] });
    const ended = await own.run.activate([completed(own.run.pending('startSync'), DONE)]);
    expect(brief(ended)).toEqual(['complete']);
  });

  test('a webhook about the integration itself leads too', async () => {
    const { commands } = await TestRun.start('integrationSync', LEADING, {
      jobs: [signal('integrationChanged', { event: 'state-changed' })],
    });
    expect(brief(commands)).toContain('startSync');
  });

  test('(I6) the next run knows when the last webhook came', async () => {
    const run = await done();
    run.now = T0 + 1_000;
    await run.activate([changed('ats_jobs')], { historyLong: true });
    expect(carriedBy(run.ended)).toMatchObject({ askedAt: T0 + 1_000 });
    const next = await continued(run, T0 + 1_100);
    expect(brief(next.commands)).toEqual(['timer 4900']);
    next.run.now = T0 + 1_200;
    expect(brief(await next.run.activate([changed('ats_jobs')]))).toEqual([]);
  });
});

test('without it the first webhook waits for quiet, and the run ends with its last read', async () => {
  const { run, commands } = await TestRun.start('integrationSync', INPUT, { jobs: [changed('ats_jobs')] });
  expect(brief(commands)).toEqual(['timer 5000']);
  await run.advanceTo(T0 + 5_000);
  expect(brief(await run.activate([completed(run.pending('startSync'), DONE)]))).toEqual(['complete']);
});
