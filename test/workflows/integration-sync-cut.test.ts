import { describe, expect, test } from 'vitest';
import {
  INPUT,
  carriedBy,
  changed,
  chunk,
  finishPass,
  planInput,
  plan,
  recorded,
  resultOf,
  startPasses,
  startSignalled,
} from './answers.ts';
import { brief } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, signal } from './jobs.ts';

useWorkflows();

test('(I15, I16) a delta that turned out to be a full pass owes a full one when it fails, is cut or is cancelled', async () => {
  const turned = chunk({ kind: 'full', sweep: true });
  const swept = await startPasses(['/ats/jobs']);
  await swept.activate([completed(swept.pending('syncEndpoint'), turned)]);
  await swept.activate([failed(swept.pending('sweepEndpoint'), 'Unavailable', 'down')]);
  expect(recorded(swept).failures).toMatchObject([{ endpoint: '/ats/jobs', kind: 'full' }]);

  const stopped = await startPasses(['/ats/jobs']);
  await stopped.activate([completed(stopped.pending('syncEndpoint'), { ...turned, done: false })]);
  await stopped.activate([cancel()]);
  expect(recorded(stopped).failures).toMatchObject([{ endpoint: '/ats/jobs', kind: 'full' }]);

  const cut = await startPasses(['/ats/jobs']);
  const more = completed(cut.pending('syncEndpoint'), { ...turned, done: false });
  await cut.activate([more], { historyLong: true });
  expect(carriedBy(cut.ended).open?.passes).toEqual([{ endpoint: '/ats/jobs', kind: 'full' }]);
});

describe('an integration that is said to be deleted', () => {
  const PATHS = ['/ats/jobs', '/ats/applications', '/ats/offers', '/ats/tags', '/ats/users'];
  const deletion = () => signal('integrationChanged', { event: 'deleted' });
  const owed = (run: TestRun) => recorded(run).failures.map(({ endpoint, type }) => [endpoint, type]);

  test('(I6, I21) is looked up without waiting for its passes, which are owed and read if it is still there', async () => {
    const run = await startPasses(PATHS);
    await finishPass(run, '/ats/jobs');
    expect(brief(await run.activate([deletion()])).at(-1)).toMatch(/^recordFailures/);
    expect(owed(run)).toEqual(PATHS.slice(1).map((path) => [path, 'Cancelled']));
    await run.activate([completed(run.pending('recordFailures'))]);
    await run.advanceTo(run.now + 5_000);
    expect(planInput(run.pending('planSync'))).toMatchObject({
      models: [],
      refresh: true,
      deletedAt: T0 + 5_000,
    });
    await run.activate([completed(run.pending('planSync'), plan(PATHS.slice(1, 3)))]);
    await finishPass(run, '/ats/applications');
    await finishPass(run, '/ats/offers');
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed', failed: [], syncs: 2 });
    expect(Object.keys(resultOf(run.ended).endpoints)).toEqual(PATHS.slice(0, 3));
  });

  test('(I6, I21) while it is planned: the passes do not begin', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    await run.activate([deletion()]);
    const commands = brief(await run.activate([completed(run.pending('planSync'), plan(PATHS))]));
    expect(commands.join()).not.toContain('syncEndpoint');
    expect(owed(run)).toEqual(PATHS.map((path) => [path, 'Cancelled']));
  });

  test('(I6) and cancelled then: what was cut off is owed once, and the look-up is handed to the next run', async () => {
    const run = await startPasses(PATHS);
    await run.activate([deletion()]);
    expect(await run.activate([cancel()])).toEqual([]);
    const [first] = brief(await run.activate([completed(run.pending('recordFailures'))]));
    expect(first).toMatch(/^recordFailures/);
    expect(recorded(run)).toMatchObject({ failures: [], unservedLookUp: true });
    await run.activate([completed(run.pending('recordFailures'))]);
    expect(run.ended?.kind).toBe('cancelled');
  });
});

describe('cancel', () => {
  test('(I6) while passes run: what was not read, running or queued, is owed', async () => {
    const endpoints = ['/ats/jobs', '/ats/applications', '/ats/offers', '/ats/tags', '/ats/users'];
    const run = await startPasses(endpoints);
    await finishPass(run, '/ats/jobs');
    await run.activate([changed('ats_candidates')]);
    await run.activate([cancel()]);
    expect(
      recorded(run)
        .failures.map((failure) => failure.endpoint)
        .sort(),
    ).toEqual(endpoints.slice(1).sort());
    const commands = await run.activate([completed(run.pending('recordFailures'))]);
    expect(brief(commands)).toEqual(['recordFailures ats_candidates']);
    expect(brief(await run.activate([completed(run.pending('recordFailures'))]))).toEqual(['cancelled']);
  });

  test('(I6) while a failure is being recorded: the recording goes on', async () => {
    const run = await startPasses(['/ats/jobs']);
    await run.activate([failed(run.pending('syncEndpoint'), 'RequestRejected', 'no')]);
    await run.activate([changed('ats_offers')]);
    expect(await run.activate([cancel()])).toEqual([]);
    const commands = await run.activate([completed(run.pending('recordFailures'))]);
    expect(brief(commands)).toEqual(['recordFailures ats_offers']);
    expect(brief(await run.activate([completed(run.pending('recordFailures'))]))).toEqual(['cancelled']);
  });

  test('(I22) while a failure is being recorded, with a history that has grown long: it does not go on as new', async () => {
    const run = await startPasses(['/ats/jobs', '/ats/offers']);
    const long = { historyLong: true };
    await run.activate([failed(run.pending('syncEndpoint', '/ats/jobs'), 'Unavailable', 'down')]);
    await run.activate([completed(run.pending('syncEndpoint', '/ats/offers'), chunk({ done: false }))], long);
    await run.activate([cancel()], long);
    await run.activate([completed(run.pending('recordFailures'), { retryAt: null })], long);
    expect(recorded(run).failures).toMatchObject([{ endpoint: '/ats/offers', type: 'Cancelled' }]);
    await run.activate([completed(run.pending('recordFailures'), { retryAt: null })], long);
    expect(run.ended?.kind).toBe('cancelled');
  });

  test('(I22) says since when it ran, so that a pause that came between is told from a person who cancels', async () => {
    const run = await startSignalled('ats_jobs');
    await run.activate([cancel()]);
    expect(recorded(run)).toMatchObject({ cancelled: true, activeSince: new Date(T0).toISOString() });
  });

  test('a look-up that was asked for is owed, whether the run waits or plans', async () => {
    const waiting = await startSignalled('ats_jobs');
    await waiting.activate([signal('integrationChanged', { event: 'state-changed' }), cancel()]);
    expect(recorded(waiting)).toMatchObject({ unservedLookUp: true });
    const planning = await startSignalled('ats_jobs');
    await planning.activate([signal('integrationChanged', { event: 'state-changed' })]);
    await planning.advanceTo(T0 + 5_000);
    await planning.activate([failed(planning.pending('planSync'), 'AccessDenied', 'no')]);
    expect(recorded(planning)).toMatchObject({ unservedLookUp: true });
  });

  test('(I6) a catch-up that is cancelled owes everything', async () => {
    const { run } = await TestRun.start('integrationSync', { ...INPUT, everything: true });
    await run.activate([cancel()]);
    expect(recorded(run)).toMatchObject({ unservedEverything: true });
  });
});
