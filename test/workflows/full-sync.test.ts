import { expect, test } from 'vitest';
import { NO_COUNTS } from '../../src/domain/counts.ts';
import {
  carriedBy,
  kept,
  more,
  read,
  readFailed,
  readInput,
  resultOf,
  started,
  startInput,
  waits,
} from './answers.ts';
import { brief } from './commands.ts';
import { TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, type Job } from './jobs.ts';

useWorkflows();

const INPUT = { integrationId: 'demo:1' };

async function startReads(endpoints: string[], input: object = INPUT): Promise<TestRun> {
  const { run } = await TestRun.start('fullSync', input);
  await run.activate([completed(run.pending('startSync'), started(endpoints, { kind: 'full' }))]);
  return run;
}

const finish = (run: TestRun, endpoint: string, result = read()) =>
  run.activate([completed(run.pending('syncEndpoint', endpoint), result)]);

test('(I25) everything of it stands in the task queue of full syncs, and its start behind what has begun', async () => {
  const { run } = await TestRun.start('fullSync', INPUT);
  expect(run.pending('startSync')).toMatchObject({ priority: 5, taskQueue: 'test-full' });
  await run.activate([
    completed(run.pending('startSync'), started(['/ats/jobs'], { kind: 'full', because: 'full-sync' })),
  ]);
  expect(run.pending('syncEndpoint')).toMatchObject({ priority: 4, taskQueue: 'test-full' });
});

test('(I15) reads and sweeps every endpoint, ends with the last answer and tells', async () => {
  const run = await startReads(['/ats/jobs', '/ats/offers']);
  expect(run.pending('syncEndpoint')).toMatchObject({ priority: 4, attempts: 0 });
  const drift = {
    missing: 1,
    stale: 0,
    wronglyLive: 1,
    wronglyDeleted: 0,
    expected: 0,
    verdict: 'unexpected' as const,
  };
  await finish(run, '/ats/jobs', read({ sweep: { state: 'done', candidates: 3, deleted: 1 }, drift }));
  expect(brief(await finish(run, '/ats/offers'))).toEqual(['complete']);
  expect(resultOf(run.ended)).toMatchObject({
    status: 'completed',
    syncs: 1,
    endpoints: { '/ats/jobs': { drift, sweep: { deleted: 1 } }, '/ats/offers': { status: 'completed' } },
  });
});

test('(I10) a long limit or a short outage fails no read: the activity is called again', async () => {
  const run = await startReads(['/ats/jobs', '/ats/offers']);
  await finish(run, '/ats/offers');
  for (let page = 0; page < 20; page += 1) {
    expect(brief(await finish(run, '/ats/jobs', waits(60_000)))).toEqual(['timer 60000']);
    expect(brief(await run.advanceTo(run.now + 60_000))).toEqual(['syncEndpoint full /ats/jobs']);
  }
  await finish(run, '/ats/jobs');
  expect(resultOf(run.ended)).toMatchObject({ status: 'completed' });
});

test.each([
  ['is cancelled', (): Job => cancel()],
  ['fails', (run: TestRun): Job => failed(run.pending('startSync'), 'Internal', 'no')],
])('(I22) the request is owed in full if the start %s', async (_how, happen) => {
  for (const models of [undefined, ['ats_jobs']]) {
    const { run } = await TestRun.start('fullSync', { ...INPUT, models });
    await run.activate([happen(run)]);
    expect(kept(run)).toMatchObject({
      kind: 'full',
      wanted: [{ everything: !models, models: models ?? [] }],
    });
  }
});

test('(I22) a cancellation in the task that continues as new is not lost', async () => {
  const run = await startReads(['/ats/jobs', '/ats/offers']);
  await finish(run, '/ats/offers');
  const last = completed(run.pending('syncEndpoint', '/ats/jobs'), more());
  const commands = brief(await run.activate([last, cancel()], { historyLong: true }));
  expect(commands).not.toContain('continueAsNew');
  expect(kept(run)).toMatchObject({ unread: ['/ats/jobs'], syncIds: [`${run.runId}/1`] });
  await run.activate([completed(run.pending('keepForLater'))], { historyLong: true });
  expect(run.ended?.kind).toBe('cancelled');
});

test('(I22) a cancellation while it waits for its reads to stop is not lost either', async () => {
  const run = await startReads(['/ats/jobs', '/ats/offers']);
  const long = { historyLong: true };
  expect(await run.activate([completed(run.pending('syncEndpoint', '/ats/jobs'), more())], long)).toEqual([]);
  await run.activate([cancel()], long);
  expect(kept(run).unread?.toSorted()).toEqual(['/ats/jobs', '/ats/offers']);
  await run.activate([completed(run.pending('keepForLater'))], long);
  expect(run.ended?.kind).toBe('cancelled');
});

test('(I10) a sweep that stopped is a failure that you must look at', async () => {
  const run = await startReads(['/ats/jobs', '/ats/offers']);
  await finish(run, '/ats/offers');
  const stopped = {
    ...readFailed({ message: 'Too many.' }),
    reason: { code: 'SweepStopped', message: 'Too many.' },
  };
  await finish(run, '/ats/jobs', stopped);
  expect(resultOf(run.ended)).toMatchObject({
    status: 'partial',
    failed: ['/ats/jobs'],
    endpoints: { '/ats/jobs': { reason: { code: 'SweepStopped', message: 'Too many.' } } },
  });
});

test('(I9) continues as new once its reads have stopped between two calls, with the same sync', async () => {
  const run = await startReads(['/ats/jobs', '/ats/offers', '/ats/tags']);
  const long = { historyLong: true };
  await finish(run, '/ats/tags', waits(60_000, 2));
  await run.activate([completed(run.pending('syncEndpoint', '/ats/jobs'), read())], long);
  expect(run.ended).toBeUndefined();
  const commands = await run.activate([completed(run.pending('syncEndpoint', '/ats/offers'), more())], long);
  expect(brief(commands).at(-1)).toBe('continueAsNew');
  const syncId = `${run.runId}/1`;
  expect(carriedBy(run.ended)).toMatchObject({
    reading: [
      { endpoint: '/ats/offers', kind: 'full', syncId },
      { endpoint: '/ats/tags', kind: 'full', syncId, tries: 2 },
    ],
    outcomes: [{ endpoint: '/ats/jobs', status: 'completed' }],
  });
  const next = await TestRun.start('fullSync', (run.ended as { input: unknown }).input, { at: run.now });
  expect(brief(next.commands).toSorted()).toEqual(['syncEndpoint full /ats/offers', 'timer 60000']);
  expect(readInput(next.run.pending('syncEndpoint')).syncId).toBe(syncId);
});

test('models, since and allowMassDeletion are passed on', async () => {
  const input = { ...INPUT, models: ['ats_jobs'], since: '2026-01-01', allowMassDeletion: true };
  const run = await startReads(['/ats/jobs'], input);
  expect(readInput(run.pending('syncEndpoint'))).toMatchObject({
    since: '2026-01-01',
    allowMassDeletion: true,
    trigger: 'manual',
    kind: 'full',
  });
});

test('the first sync of an integration looks it up', async () => {
  const { run } = await TestRun.start('fullSync', { ...INPUT, trigger: 'initial' });
  expect(startInput(run.pending('startSync'))).toMatchObject({ lookUp: true, kind: 'full', by: 'full-sync' });
});

test('a model that nothing holds fails a sync by hand and names the model', async () => {
  const { run } = await TestRun.start('fullSync', { ...INPUT, models: ['ats_nonsense'] });
  const answer = started([], { unknownModels: ['ats_nonsense'] });
  const [failure] = await run.activate([completed(run.pending('startSync'), answer)]);
  expect(failure).toMatchObject({
    kind: 'fail',
    type: 'InvalidInput',
    message: expect.stringContaining('ats_nonsense') as string,
  });
});

test.each([
  [undefined, /integration id/],
  [{}, /integration id/],
  [{ ...INPUT, models: 'ats_jobs' }, /list of names/],
  [{ ...INPUT, models: [1] }, /list of names/],
  [{ ...INPUT, since: 'yesterday' }, /date/],
  [{ ...INPUT, allowMassDeletion: 'yes' }, /true or false/],
])('a wrong input fails and says what is right: %j', async (input, message) => {
  const { commands } = await TestRun.start('fullSync', input);
  expect(commands).toMatchObject([
    { kind: 'fail', type: 'InvalidInput', message: expect.stringMatching(message) as string },
  ]);
});

test('a failed start is the result, with the reason', async () => {
  const { run } = await TestRun.start('fullSync', INPUT);
  await run.activate([failed(run.pending('startSync'), 'Internal', 'Out of order.')]);
  await run.activate([completed(run.pending('keepForLater'))]);
  expect(resultOf(run.ended)).toMatchObject({
    status: 'failed',
    blocked: { message: 'Out of order.' },
    counts: NO_COUNTS,
  });
});

test('(I6) cancel: what was not read is owed', async () => {
  const run = await startReads(['/ats/jobs', '/ats/offers']);
  await finish(run, '/ats/offers');
  await run.activate([cancel()]);
  expect(kept(run)).toMatchObject({ wanted: [], unread: ['/ats/jobs'], syncIds: [`${run.runId}/1`] });
  expect(brief(await run.activate([completed(run.pending('keepForLater'))]))).toEqual(['cancelled']);
});
