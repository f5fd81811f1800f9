import { expect, test } from 'vitest';
import { NO_COUNTS } from '../../src/domain/sync.ts';
import {
  carriedBy,
  chunk,
  passInput,
  planInput,
  sweepInput,
  plan,
  recorded,
  resultOf,
  swept,
} from './answers.ts';
import { brief } from './commands.ts';
import { TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, type Job } from './jobs.ts';

useWorkflows();

const INPUT = { integrationId: 'demo:1' };
const FULL = { kind: 'full' } as const;

async function startPasses(endpoints: string[], input: object = INPUT): Promise<TestRun> {
  const { run } = await TestRun.start('fullSync', input);
  await run.activate([completed(run.pending('planSync'), plan(endpoints, FULL))]);
  return run;
}

test('(I15) reads every endpoint whole, sweeps what is complete, tidies up and tells', async () => {
  const run = await startPasses(['/ats/jobs', '/ats/offers']);
  expect(run.pending('syncEndpoint')).toMatchObject({ priority: 4, scheduleToCloseMs: 24 * 3_600_000 });
  const listed = completed(
    run.pending('syncEndpoint', '/ats/jobs'),
    chunk({ ...FULL, sweep: true, passId: 7 }),
  );
  expect(brief(await run.activate([listed]))).toEqual(['sweepEndpoint']);
  expect(sweepInput(run.pending('sweepEndpoint'))).toEqual({ passId: 7, allowMassDeletion: false });
  await run.activate([completed(run.pending('syncEndpoint', '/ats/offers'), chunk(FULL))]);
  const drift = {
    missing: 1,
    stale: 0,
    wronglyLive: 1,
    wronglyDeleted: 0,
    expected: 0,
    verdict: 'unexpected' as const,
  };
  const answer = swept({ sweep: { state: 'done', candidates: 3, deleted: 1 }, drift });
  expect(brief(await run.activate([completed(run.pending('sweepEndpoint'), answer)]))).toEqual(['tidyUp']);
  expect(brief(await run.activate([completed(run.pending('tidyUp'), {})]))).toEqual(['complete']);
  expect(resultOf(run.ended)).toMatchObject({
    status: 'completed',
    syncs: 1,
    endpoints: { '/ats/jobs': { drift, sweep: { deleted: 1 } }, '/ats/offers': { status: 'completed' } },
  });
});

test.each([
  ['is cancelled', (): Job => cancel()],
  ['fails', (run: TestRun): Job => failed(run.pending('planSync'), 'RequestRejected', 'no')],
])('(I22) what was asked for is owed, and whole, when planning %s', async (_how, happen) => {
  for (const models of [undefined, ['ats_jobs']]) {
    const { run } = await TestRun.start('fullSync', { ...INPUT, models });
    await run.activate([happen(run)]);
    expect(recorded(run)).toMatchObject({ unservedKind: 'full', unservedEverything: !models, failures: [] });
    expect(recorded(run).unservedModels).toEqual(models);
  }
});

test('(I22) a cancellation while failures are written down is not lost in continue-as-new', async () => {
  const run = await startPasses(['/ats/jobs', '/ats/offers']);
  const long = { historyLong: true };
  await run.activate([failed(run.pending('syncEndpoint', '/ats/jobs'), 'Unavailable', 'down')]);
  const more = chunk({ ...FULL, done: false });
  await run.activate([completed(run.pending('syncEndpoint', '/ats/offers'), more)], long);
  await run.activate([cancel()], long);
  await run.activate([completed(run.pending('recordFailures'), { retryAt: null })], long);
  expect(recorded(run).failures).toMatchObject([
    { endpoint: '/ats/offers', type: 'Cancelled', kind: 'full' },
  ]);
  await run.activate([completed(run.pending('recordFailures'), { retryAt: null })], long);
  expect(run.ended?.kind).toBe('cancelled');
});

test('(I15) a listing that failed is never swept', async () => {
  const run = await startPasses(['/ats/jobs']);
  const commands = await run.activate([failed(run.pending('syncEndpoint'), 'RequestRejected', 'no')]);
  expect(brief(commands)).toEqual(['recordFailures /ats/jobs']);
});

test('(I10) a sweep that stopped is a failure that a person must look at, and nothing is owed', async () => {
  const run = await startPasses(['/ats/jobs', '/ats/offers']);
  await run.activate([completed(run.pending('syncEndpoint', '/ats/offers'), chunk(FULL))]);
  await run.activate([completed(run.pending('syncEndpoint'), chunk({ ...FULL, sweep: true }))]);
  const stopped = swept({ sweep: { state: 'stopped', candidates: 90, deleted: 0, message: 'Too many.' } });
  expect(brief(await run.activate([completed(run.pending('sweepEndpoint'), stopped)]))).toEqual(['tidyUp']);
  await run.activate([completed(run.pending('tidyUp'), {})]);
  expect(resultOf(run.ended)).toMatchObject({
    status: 'partial',
    failed: ['/ats/jobs'],
    endpoints: { '/ats/jobs': { reason: { code: 'SweepStopped', message: 'Too many.' } } },
  });
});

test('old history that cannot be removed does not fail the sync', async () => {
  const run = await startPasses(['/ats/jobs']);
  await run.activate([completed(run.pending('syncEndpoint'), chunk(FULL))]);
  const commands = await run.activate([failed(run.pending('tidyUp'), 'DatabaseUnavailable', 'disk')]);
  expect(brief(commands)).toEqual(['complete']);
});

test('(I9) goes on as a new run between two chunks, with the same sync, also in the middle of a sweep', async () => {
  const run = await startPasses(['/ats/jobs', '/ats/offers']);
  await run.activate([
    completed(run.pending('syncEndpoint', '/ats/offers'), chunk({ ...FULL, sweep: true })),
  ]);
  await run.activate([completed(run.pending('syncEndpoint', '/ats/jobs'), chunk(FULL))]);
  const half = completed(run.pending('sweepEndpoint'), swept({ done: false }));
  expect(brief(await run.activate([half], { historyLong: true }))).toEqual(['continueAsNew']);
  expect(carriedBy(run.ended)).toMatchObject({
    open: { syncId: `${run.runId}/1`, passes: [{ endpoint: '/ats/offers', kind: 'full' }] },
    outcomes: [{ endpoint: '/ats/jobs', status: 'completed' }],
  });
  const next = await TestRun.start('fullSync', (run.ended as { input: unknown }).input);
  expect(brief(next.commands)).toEqual(['syncEndpoint full /ats/offers']);
  expect(passInput(next.run.pending('syncEndpoint')).syncId).toBe(`${run.runId}/1`);
});

test('models, since and the permission to delete much are passed on', async () => {
  const input = { ...INPUT, models: ['ats_jobs'], since: '2026-01-01', allowMassDeletion: true };
  const run = await startPasses(['/ats/jobs'], input);
  expect(passInput(run.pending('syncEndpoint'))).toMatchObject({
    since: '2026-01-01',
    trigger: 'manual',
    kind: 'full',
  });
  await run.activate([completed(run.pending('syncEndpoint'), chunk({ ...FULL, sweep: true }))]);
  expect(sweepInput(run.pending('sweepEndpoint')).allowMassDeletion).toBe(true);
});

test('the first sync of an integration looks it up', async () => {
  const { run } = await TestRun.start('fullSync', { ...INPUT, trigger: 'initial' });
  expect(planInput(run.pending('planSync'))).toMatchObject({ refresh: true, kind: 'full' });
});

test('a model that nothing holds fails a sync by hand and names the model', async () => {
  const { run } = await TestRun.start('fullSync', { ...INPUT, models: ['ats_nonsense'] });
  const answer = plan([], { unknownModels: ['ats_nonsense'] });
  const [failure] = await run.activate([completed(run.pending('planSync'), answer)]);
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
])('a wrong input fails and says what a right one is: %j', async (input, message) => {
  const { commands } = await TestRun.start('fullSync', input);
  expect(commands).toMatchObject([
    { kind: 'fail', type: 'InvalidInput', message: expect.stringMatching(message) as string },
  ]);
});

test('a plan that fails is the result, and says why', async () => {
  const { run } = await TestRun.start('fullSync', INPUT);
  await run.activate([failed(run.pending('planSync'), 'AccessDenied', 'Check KOMBO_API_KEY.')]);
  await run.activate([completed(run.pending('recordFailures'), { retryAt: null })]);
  await run.activate([completed(run.pending('tidyUp'), {})]);
  expect(resultOf(run.ended)).toMatchObject({
    status: 'failed',
    blocked: { message: 'Check KOMBO_API_KEY.' },
    counts: NO_COUNTS,
  });
});

test('(I6) cancel: what was not read is owed', async () => {
  const run = await startPasses(['/ats/jobs', '/ats/offers']);
  await run.activate([completed(run.pending('syncEndpoint', '/ats/offers'), chunk(FULL))]);
  await run.activate([cancel()]);
  expect(recorded(run).failures).toMatchObject([{ endpoint: '/ats/jobs', kind: 'full', code: 'CANCELLED' }]);
  expect(brief(await run.activate([completed(run.pending('recordFailures'))]))).toEqual(['cancelled']);
});
