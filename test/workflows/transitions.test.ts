import { describe, expect, test } from 'vitest';
import type { SyncState } from '../../workflows/messages.ts';
import { EVENTS, STATES, TRANSITIONS, type Event, type State, type Transition } from '../spec/transitions.ts';
import { changed, chunk, INPUT, plan } from './answers.ts';
import { brief, type Command } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, type Job, signal, update } from './jobs.ts';

useWorkflows();

const RETRY_MS = 60_000;
const PASSES = ['/ats/jobs', '/ats/applications'];

/** Brings a run into each state. In `ending` the last pass answers in the same activation as the event. */
const ARRIVE: Record<State, () => Promise<TestRun>> = {
  waiting: async () => {
    const { run } = await TestRun.start('integrationSync', INPUT, { jobs: [changed('ats_jobs')] });
    return run;
  },
  planning: async () => {
    const run = await ARRIVE.waiting();
    await run.advanceTo(T0 + 5_000);
    return run;
  },
  syncing: async () => {
    const run = await ARRIVE.planning();
    await run.activate([completed(run.pending('planSync'), plan(PASSES))]);
    return run;
  },
  recording: async () => {
    const run = await ARRIVE.ending();
    await run.activate([failed(run.pending('syncEndpoint'), 'RequestRejected', 'no')]);
    return run;
  },
  retrying: async () => {
    const run = await ARRIVE.recording();
    const retryAt = new Date(run.now + RETRY_MS).toISOString();
    await run.activate([completed(run.pending('recordFailures'), { retryAt })]);
    return run;
  },
  ending: async () => {
    const run = await ARRIVE.syncing();
    await run.activate([completed(run.pending('syncEndpoint', '/ats/jobs'), chunk())]);
    return run;
  },
};

const HAPPEN: Record<Event, (run: TestRun, state: State) => Promise<Command[]>> = {
  modelsChanged: (run, state) => deliver(run, state, changed('ats_offers')),
  integrationChanged: (run, state) => deliver(run, state, signal('integrationChanged', { event: 'created' })),
  'integration deleted': (run, state) =>
    deliver(run, state, signal('integrationChanged', { event: 'deleted' })),
  syncNow: (run, state) => deliver(run, state, update('syncNow', {})),
  'quiet timer': (run) => run.advanceTo(T0 + 5_000),
  'retry timer': async (run, state) => {
    if (state !== 'retrying') throw new Error('No next try is pending.');
    return run.advanceTo(run.now + RETRY_MS);
  },
  'plan done': (run) => run.activate([completed(run.pending('planSync'), plan(PASSES))]),
  'plan failed': (run) => run.activate([failed(run.pending('planSync'), 'AccessDenied', 'no')]),
  'pass done': (run) => run.activate([completed(run.pending('syncEndpoint'), chunk())]),
  'pass failed': (run) => run.activate([failed(run.pending('syncEndpoint'), 'RequestRejected', 'no')]),
  'pass parked': (run) => run.activate([failed(run.pending('syncEndpoint'), 'IntegrationParked', 'no')]),
  'failures recorded': (run) => run.activate([completed(run.pending('recordFailures'))]),
  cancel: (run, state) => deliver(run, state, cancel()),
  'history long': (run, state) => HISTORY_LONG[state](run),
};

/** The suggestion to continue as new comes with whatever happens next in the state. */
const HISTORY_LONG: Record<State, (run: TestRun) => Promise<Command[]>> = {
  waiting: (run) => run.advanceTo(T0 + 5_000, { historyLong: true }),
  planning: (run) => run.activate([completed(run.pending('planSync'), plan(PASSES))], { historyLong: true }),
  syncing: (run) => {
    const unfinished = PASSES.map((path) =>
      completed(run.pending('syncEndpoint', path), chunk({ done: false })),
    );
    return run.activate(unfinished, { historyLong: true });
  },
  recording: (run) => run.activate([completed(run.pending('recordFailures'))], { historyLong: true }),
  retrying: (run) => run.advanceTo(run.now + RETRY_MS, { historyLong: true }),
  ending: (run) => run.activate([completed(run.pending('syncEndpoint'), chunk())], { historyLong: true }),
};

function deliver(run: TestRun, state: State, job: Job): Promise<Command[]> {
  return run.activate(state === 'ending' ? [job, completed(run.pending('syncEndpoint'), chunk())] : [job]);
}

async function stateOf(run: TestRun): Promise<Transition['next']> {
  if (run.ended) return run.ended.kind === 'continueAsNew' ? 'continued' : 'ended';
  const names = [...run.activities.values()].map((activity) => activity.name);
  if (names.includes('recordFailures')) return 'recording';
  if (names.includes('planSync')) return 'planning';
  if (names.length > 0) return 'syncing';
  return (await run.query<SyncState>('syncState')).phase === 'retrying' ? 'retrying' : 'waiting';
}

describe.each(STATES)('(I6) integrationSync while %s', (state) => {
  test.each(EVENTS)('%s', async (event) => {
    const cell = TRANSITIONS[state][event];
    const run = await ARRIVE[state]();
    if (cell === null) {
      const before = await stateOf(run);
      // Nothing that could answer is under way, so the event has no source.
      if (event === 'quiet timer') expect(run.timers.size).toBe(state === 'retrying' ? 1 : 0);
      else await expect(async () => HAPPEN[event](run, state)).rejects.toThrow(/is pending/);
      expect(await stateOf(run)).toBe(before);
      return;
    }
    const commands = await HAPPEN[event](run, state);
    expect(brief(commands)).toEqual(cell.does);
    expect(await stateOf(run)).toBe(cell.next);
  });
});
