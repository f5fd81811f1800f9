import { describe, expect, test } from 'vitest';
import { HEARTBEAT_TIMEOUT_MS } from '../../src/domain/retry.ts';
import type { SyncState } from '../../workflows/messages.ts';
import {
  changed,
  finishRead,
  more,
  outcome,
  read,
  readFailed,
  readInput,
  resultOf,
  started,
  startInput,
  startReads,
  startSignalled,
  waits,
} from './answers.ts';
import { brief } from './commands.ts';
import { T0, useWorkflows } from './harness.ts';
import { completed, failed, signal, timedOut } from './jobs.ts';

useWorkflows();

const MANY = ['/ats/jobs', '/ats/applications', '/ats/offers', '/ats/tags', '/ats/users', '/ats/candidates'];
/** Two more than begin at once. */
const LISTS = [...MANY.slice(0, 4), '/ats/interviews', '/ats/application-stages', ...MANY.slice(4)];

describe('(I25) reads do not wait for each other', () => {
  test('each delta reads on its own, with a heartbeat against lost workers, before full reads in the queue', async () => {
    const run = await startReads(MANY);
    expect(brief([...run.activities.values()])).toEqual(MANY.map((path) => `syncEndpoint delta ${path}`));
    expect(run.pending('syncEndpoint')).toMatchObject({
      heartbeatMs: HEARTBEAT_TIMEOUT_MS,
      attempts: 0,
      priority: 2,
    });
  });

  test('what brings news stands in the task queue of the run, also where only a full read shows it', async () => {
    const delta = await startReads(['/ats/jobs']);
    expect(delta.pending('syncEndpoint').taskQueue).toBe('test');
    for (const because of ['hidden-change', 'no-filter', 'webhook'] as const) {
      const run = await startReads(['/ats/jobs'], { kind: 'full', because });
      expect(run.pending('syncEndpoint').taskQueue).toBe('test');
    }
    for (const because of ['never-read', 'owed', 'operator', 'outage'] as const) {
      const run = await startReads(['/ats/jobs'], { kind: 'full', because });
      expect(run.pending('syncEndpoint').taskQueue).toBe('test-full');
    }
  });

  test('of full reads six are open at once, and one that waits gives up its place', async () => {
    const run = await startReads(LISTS, { kind: 'full' });
    expect([...run.activities.values()]).toHaveLength(6);
    expect(run.pending('syncEndpoint')).toMatchObject({ priority: 4 });
    expect(brief(await finishRead(run, '/ats/applications'))).toEqual(['syncEndpoint full /ats/users']);
    expect(brief(await finishRead(run, '/ats/jobs', waits(60_000)))).toEqual([
      'timer 60000',
      'syncEndpoint full /ats/candidates',
    ]);
    expect(await run.advanceTo(run.now + 60_000)).toEqual([]);
    expect(brief(await finishRead(run, '/ats/offers'))).toEqual(['syncEndpoint full /ats/jobs']);
  });

  test('a long full read that has used up its time goes behind those that wait', async () => {
    const run = await startReads(LISTS, { kind: 'full' });
    expect(brief(await finishRead(run, '/ats/jobs', more()))).toEqual(['syncEndpoint full /ats/users']);
    expect(brief(await finishRead(run, '/ats/users', more()))).toEqual(['syncEndpoint full /ats/candidates']);
    expect(brief(await finishRead(run, '/ats/tags'))).toEqual(['syncEndpoint full /ats/jobs']);
    // A read that is cut off frees its place.
    await run.activate([signal('integrationChanged', { event: 'deleted' })]);
    await run.advanceTo(run.now + 5_000);
    const again = started(LISTS, { kind: 'full' });
    const commands = brief(await run.activate([completed(run.pending('startSync'), again)]));
    expect(commands.filter((command) => command.startsWith('syncEndpoint'))).toHaveLength(6);
  });

  test('a webhook is served while another endpoint hangs, is limited and is read in full', async () => {
    const run = await startReads(['/ats/jobs', '/ats/offers']);
    await finishRead(run, '/ats/offers', waits(600_000));
    expect(brief(await run.activate([changed('ats_tags')]))).toEqual(['timer 5000']);
    expect(brief(await run.advanceTo(T0 + 10_000))).toEqual(['startSync ats_tags']);
    expect(startInput(run.pending('startSync')).busy).toEqual(['delta /ats/jobs', 'delta /ats/offers']);
    const answer = started([], { outcomes: [outcome('/ats/tags')] });
    await run.activate([completed(run.pending('startSync'), answer)]);
    expect(await run.query<SyncState>('syncState')).toMatchObject({
      phase: 'reading',
      outcomes: [{ endpoint: '/ats/tags', status: 'completed' }],
      running: [{ endpoint: '/ats/jobs' }, { endpoint: '/ats/offers', waitsUntil: T0 + 605_000 }],
    });
  });

  test('an open read does not begin twice, but another kind of it does', async () => {
    const run = await startReads(['/ats/jobs'], { kind: 'full' });
    await run.activate([changed('ats_jobs')]);
    await run.advanceTo(T0 + 10_000);
    const answer = started(['/ats/jobs']);
    answer.passes.push({ endpoint: '/ats/jobs', kind: 'full', because: 'owed' });
    const commands = await run.activate([completed(run.pending('startSync'), answer)]);
    expect(brief(commands)).toEqual(['syncEndpoint delta /ats/jobs']);
  });
});

describe('a read', () => {
  test('(I9) that is not done calls the same pass again', async () => {
    const run = await startReads(['/ats/jobs']);
    const first = run.pending('syncEndpoint');
    expect(brief(await run.activate([completed(first, more())]))).toEqual(['syncEndpoint delta /ats/jobs']);
    expect(run.pending('syncEndpoint').input).toEqual(first.input);
    expect(readInput(first)).toMatchObject({ syncId: `${run.runId}/1`, because: 'webhook' });
  });

  test('(I10) that waits for a limit is called again after it, and says how many tries have failed', async () => {
    const run = await startReads(['/ats/jobs']);
    expect(brief(await finishRead(run, '/ats/jobs', waits(30_000, 2)))).toEqual(['timer 30000']);
    expect(await run.advanceTo(T0 + 34_999)).toEqual([]);
    expect(brief(await run.advanceTo(T0 + 35_000))).toEqual(['syncEndpoint delta /ats/jobs']);
    expect(readInput(run.pending('syncEndpoint')).tries).toBe(2);
  });

  test('(I26) repeats at most once a second', async () => {
    const run = await startReads(['/ats/jobs']);
    expect(brief(await finishRead(run, '/ats/jobs', waits(-5)))).toEqual(['timer 1000']);
  });

  test('(I10) that failed does not fail others, and its counts stay', async () => {
    const run = await startReads(['/ats/jobs', '/ats/offers']);
    expect(await finishRead(run, '/ats/jobs', readFailed())).toEqual([]);
    await finishRead(run, '/ats/offers');
    expect(resultOf(run.ended)).toMatchObject({
      status: 'partial',
      failed: ['/ats/jobs'],
      counts: { records: 4 },
      endpoints: {
        '/ats/jobs': { status: 'failed', counts: { records: 2 }, reason: { message: 'Kombo is down.' } },
      },
    });
  });

  test('(I10) whose activity fails for good is a failed read', async () => {
    const run = await startReads(['/ats/jobs', '/ats/offers']);
    await run.activate([timedOut(run.pending('syncEndpoint', '/ats/jobs'))]);
    await run.activate([
      failed(run.pending('syncEndpoint', '/ats/offers'), 'Internal', 'a bug', 'TypeError'),
    ]);
    expect(resultOf(run.ended).endpoints).toMatchObject({
      '/ats/jobs': { status: 'failed', reason: { code: 'WorkerLost' } },
      '/ats/offers': { status: 'failed', reason: { code: 'TypeError', message: 'a bug' } },
    });
  });

  test('(I10) of an endpoint that the tool does not offer is skipped, not failed', async () => {
    const run = await startReads(['/ats/jobs']);
    const skipped = { ...readFailed(), state: 'skipped' as const };
    await finishRead(run, '/ats/jobs', skipped as ReturnType<typeof read>);
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed', failed: [] });
  });

  test('(I6) that leaves something due is followed by a start, at least a second after the last one', async () => {
    const run = await startReads(['/ats/jobs']);
    expect(brief(await finishRead(run, '/ats/jobs', read({ owes: true })))).toEqual(['timer 1000']);
    expect(brief(await run.advanceTo(run.now + 1_000))).toEqual(['startSync']);
    const later = await startReads(['/ats/jobs']);
    later.now += 20_000;
    expect(brief(await finishRead(later, '/ats/jobs', read({ owes: true })))).toEqual(['startSync']);
  });

  test('that failed before in the same run counts by its last outcome', async () => {
    const run = await startReads(['/ats/jobs']);
    await finishRead(run, '/ats/jobs', readFailed({ retryInMs: 30_000 }));
    await run.advanceTo(run.now + 30_000);
    await run.activate([completed(run.pending('startSync'), started(['/ats/jobs']))]);
    await finishRead(run, '/ats/jobs');
    expect(resultOf(run.ended)).toMatchObject({
      status: 'completed',
      failed: [],
      counts: { records: 4 },
      syncs: 2,
    });
  });
});

describe('a look-up that takes long', () => {
  test('(I25) delays nothing, and is not an outcome', async () => {
    const run = await startReads(['/ats/jobs'], {});
    await run.activate([changed('ats_tags')]);
    await run.advanceTo(T0 + 10_000);
    const slow = started([]);
    slow.passes.push({ endpoint: '/integrations/{id}', kind: 'look-up', because: 'retry' });
    expect(brief(await run.activate([completed(run.pending('startSync'), slow)]))).toEqual([
      'lookUpIntegration',
    ]);
    await finishRead(run, '/ats/jobs');
    expect(run.ended).toBeUndefined();
    const answered = { failure: null, owes: false, retryInMs: null };
    expect(brief(await run.activate([completed(run.pending('lookUpIntegration'), answered)]))).toEqual([
      'complete',
    ]);
    expect(Object.keys(resultOf(run.ended).endpoints)).toEqual(['/ats/jobs']);
  });

  test('continues when Kombo allows it again', async () => {
    const run = await startReads(['/ats/jobs'], {});
    await run.activate([changed('ats_tags')]);
    await run.advanceTo(T0 + 10_000);
    const limited = started([]);
    limited.passes.push({ endpoint: '/integrations/{id}', kind: 'look-up', because: 'owed' });
    await run.activate([completed(run.pending('startSync'), limited)]);
    await finishRead(run, '/ats/jobs');
    const failure = { code: 'RateLimited', message: 'Too many.' };
    const waits = { failure, waitMs: 45_000, owes: false, retryInMs: null };
    await run.activate([completed(run.pending('lookUpIntegration'), waits)]);
    expect(brief(await run.advanceTo(T0 + 54_000))).toEqual([]);
    expect(brief(await run.advanceTo(T0 + 56_000))).toEqual(['lookUpIntegration']);
  });
});

describe('a start', () => {
  test('that has read everything ends the run', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    const answer = started([], { outcomes: [outcome('/ats/jobs')] });
    expect(brief(await run.activate([completed(run.pending('startSync'), answer)]))).toEqual(['complete']);
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed', syncs: 1, counts: { records: 2 } });
  });

  test('of a paused integration is not a failure', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    const answer = started([], { blocked: { code: 'Paused', message: 'Paused: audit.' } });
    await run.activate([completed(run.pending('startSync'), answer)]);
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed', blocked: { code: 'Paused' } });
  });

  test('(I6) that fails is repeated after a minute with the same requests, and is reported', async () => {
    const run = await startSignalled('ats_jobs', 'ats_offers');
    await run.advanceTo(T0 + 5_000);
    expect(brief(await run.activate([failed(run.pending('startSync'), 'Internal', 'a bug')]))).toEqual([
      'timer 60000',
    ]);
    await run.activate([changed('ats_tags')]);
    expect(await run.advanceTo(T0 + 64_999)).toEqual([]);
    expect(brief(await run.advanceTo(T0 + 65_000))).toEqual(['startSync ats_jobs,ats_offers,ats_tags']);
    await run.activate([completed(run.pending('startSync'), started([]))]);
    expect(resultOf(run.ended)).toMatchObject({ status: 'completed' });
  });

  test('(I6) for an unknown integration waits for Kombo and keeps its requests', async () => {
    const run = await startSignalled('ats_jobs');
    await run.advanceTo(T0 + 5_000);
    const answer = started([], { unanswered: true, blocked: { code: 'TIMED_OUT', message: 'no answer' } });
    expect(brief(await run.activate([completed(run.pending('startSync'), answer)]))).toEqual(['timer 15000']);
    expect(brief(await run.advanceTo(run.now + 15_000))).toEqual(['startSync ats_jobs']);
  });
});
