import { describe, expect, test } from 'vitest';
import type { IntegrationSyncInput } from '../../src/domain/sync.ts';
import type { SyncState } from '../../workflows/messages.ts';
import { EVENTS, STATES, TRANSITIONS, type Event, type State, type Transition } from '../spec/transitions.ts';
import { changed, finishRead, INPUT, more, read, readFailed, started, waits } from './answers.ts';
import { brief, type Command } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, type Job, signal, update } from './jobs.ts';

useWorkflows();

const RETRY_MS = 30_000;
const LIMIT_MS = 60_000;
const PASSES = ['/ats/jobs', '/ats/applications'];

const LEADING = { ...INPUT, leading: true };

/** Brings a run into each state. In `ending` the last read answers in the same activation as the event. */
const ARRIVE: Record<State, (input?: IntegrationSyncInput) => Promise<TestRun>> = {
  reading: async (input = INPUT) => {
    const { run } = await TestRun.start('integrationSync', input, { jobs: [changed('ats_jobs')] });
    await run.advanceTo(T0 + 5_000);
    await run.activate([completed(run.pending('startSync'), started(PASSES))]);
    return run;
  },
  waiting: async (input) => {
    const run = await ARRIVE.reading(input);
    // Soon after another one, so that it does not lead.
    if (input?.leading) run.now = T0 + 1_000;
    await run.activate([changed('ats_offers')]);
    return run;
  },
  starting: async (input) => {
    const run = await ARRIVE.waiting(input);
    await run.advanceTo(T0 + 10_000);
    return run;
  },
  retrying: async (input) => {
    const run = await ARRIVE.ending(input);
    await run.activate([completed(run.pending('syncEndpoint'), readFailed({ retryInMs: RETRY_MS }))]);
    return run;
  },
  keeping: async (input) => {
    const run = await ARRIVE.reading(input);
    await run.activate([cancel()]);
    return run;
  },
  ending: async (input) => {
    const run = await ARRIVE.reading(input);
    // The start before it was long ago.
    run.now += 20_000;
    await finishRead(run, '/ats/jobs');
    return run;
  },
};

const HAPPEN: Record<Event, (run: TestRun, state: State) => Promise<Command[]>> = {
  modelsChanged: (run, state) => deliver(run, state, changed('ats_offers')),
  'leading webhook': (run, state) => {
    // What came less than the quiet time before is waited with, and would be what is wanted.
    if (state === 'waiting') throw new Error('No webhook leads while another one is pending.');
    run.now += 6_000;
    return deliver(run, state, changed('ats_offers'));
  },
  integrationChanged: (run, state) => deliver(run, state, signal('integrationChanged', { event: 'created' })),
  'integration deleted': (run, state) =>
    deliver(run, state, signal('integrationChanged', { event: 'deleted' })),
  syncNow: (run, state) => deliver(run, state, update('syncNow', {})),
  'quiet timer': (run, state) => fire(run, state, 'waiting', T0 + 10_000),
  'retry timer': (run, state) => fire(run, state, 'retrying', run.now + RETRY_MS),
  'start done': (run) => run.activate([completed(run.pending('startSync'), started(['/ats/offers']))]),
  'start failed': (run) => run.activate([failed(run.pending('startSync'), 'Internal', 'a bug')]),
  'read done': (run) => answer(run, read()),
  'read waits': (run) => answer(run, waits(LIMIT_MS)),
  'read failed': (run) => answer(run, readFailed({ retryInMs: RETRY_MS })),
  kept: (run) => run.activate([completed(run.pending('keepForLater'))]),
  cancel: (run, state) => deliver(run, state, cancel()),
  'history long': (run, state) => HISTORY_LONG[state](run),
};

const LONG = { historyLong: true };

/** The suggestion to continue as new comes with the next event of the state. */
const HISTORY_LONG: Record<State, (run: TestRun) => Promise<Command[]>> = {
  waiting: (run) => run.activate([changed('ats_tags')], LONG),
  starting: (run) => run.activate([changed('ats_tags')], LONG),
  reading: (run) => run.activate([completed(run.pending('syncEndpoint', '/ats/jobs'), more())], LONG),
  retrying: (run) => run.advanceTo(run.now + RETRY_MS, LONG),
  keeping: (run) => run.activate([completed(run.pending('keepForLater'))], LONG),
  ending: (run) => run.activate([completed(run.pending('syncEndpoint'), read())], LONG),
};

function deliver(run: TestRun, state: State, job: Job): Promise<Command[]> {
  return run.activate(state === 'ending' ? [job, completed(run.pending('syncEndpoint'), read())] : [job]);
}

function answer(run: TestRun, result: ReturnType<typeof read>): Promise<Command[]> {
  return run.activate([completed(run.pending('syncEndpoint'), result)]);
}

async function fire(run: TestRun, state: State, only: State, at: number): Promise<Command[]> {
  if (state !== only) throw new Error('No such timer is pending.');
  return run.advanceTo(at);
}

async function stateOf(run: TestRun): Promise<Transition['next']> {
  if (run.ended) return run.ended.kind === 'continueAsNew' ? 'continued' : 'ended';
  return (await run.query<SyncState>('syncState')).phase;
}

describe.each(STATES)('(I6) integrationSync while %s', (state) => {
  test.each(EVENTS)('%s', async (event) => {
    const cell = TRANSITIONS[state][event];
    const run = await ARRIVE[state](event === 'leading webhook' ? LEADING : undefined);
    if (state !== 'ending') expect(await stateOf(run)).toBe(state);
    if (cell === null) {
      const before = await stateOf(run);
      // No activity is under way that could answer, so the event has no source.
      await expect(async () => HAPPEN[event](run, state)).rejects.toThrow(/is pending/);
      expect(await stateOf(run)).toBe(before);
      return;
    }
    const commands = await HAPPEN[event](run, state);
    expect(brief(commands)).toEqual(cell.does);
    expect(await stateOf(run)).toBe(cell.next);
  });
});
