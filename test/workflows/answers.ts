import type { KeepForLaterInput } from '../../activities/keep-for-later.ts';
import type { StartSyncInput, SyncStart } from '../../activities/support/sync-start.ts';
import type { ReadResult, SyncEndpointInput } from '../../activities/sync-endpoint.ts';
import {
  type CarriedState,
  type EndpointOutcome,
  type IntegrationSyncInput,
  type SyncResult,
} from '../../src/domain/sync.ts';
import { NO_COUNTS } from '../../src/domain/counts.ts';
import type { Because, DebtKind } from '../../src/domain/reads.ts';
import type { Command, ScheduledActivity } from './commands.ts';
import { T0, TestRun } from './harness.ts';
import { completed, signal } from './jobs.ts';

/** A quiet time of five seconds, a minute at most. */
export const INPUT: IntegrationSyncInput = { integrationId: 'demo:1', quietMs: 5_000, maxWaitMs: 60_000 };

export const changed = (...models: string[]) => signal('modelsChanged', { models });

/** A start that leaves these reads. */
export function started(
  endpoints: readonly string[],
  more: Partial<SyncStart> & { kind?: DebtKind; because?: Because } = {},
): SyncStart {
  const { kind = 'delta', because = 'webhook', ...rest } = more;
  return {
    passes: endpoints.map((endpoint) => ({ endpoint, kind, because })),
    outcomes: [],
    unknownModels: [],
    left: [],
    owes: false,
    retryInMs: null,
    ...rest,
  };
}

const COUNTS = { ...NO_COUNTS, pages: 1, records: 2, created: 1, unchanged: 1 };

/** A read that a start has done. */
export const outcome = (endpoint: string, more: Partial<EndpointOutcome> = {}): EndpointOutcome => ({
  endpoint,
  kind: 'delta',
  status: 'completed',
  counts: COUNTS,
  ...more,
});

/** Answers of a read. */
export const read = (more: object = {}): ReadResult => ({
  state: 'completed',
  counts: COUNTS,
  owes: false,
  ...more,
});
export const more = (): ReadResult => ({ state: 'more', counts: COUNTS });
export const waits = (waitMs: number, tries = 0): ReadResult => ({
  state: 'waits',
  counts: COUNTS,
  waitMs,
  tries,
  reason: { code: 'RateLimited', message: 'The limit is used up.' },
});
export const readFailed = (
  given: { retryInMs?: number | null; owes?: boolean; message?: string } = {},
): ReadResult => ({
  state: 'failed',
  counts: COUNTS,
  owes: given.owes ?? false,
  retryInMs: given.retryInMs ?? null,
  reason: { code: 'Unavailable', message: given.message ?? 'Kombo is down.' },
});

type Called = Pick<ScheduledActivity, 'input'>;

export const readInput = (activity: Called) => activity.input as SyncEndpointInput;
export const startInput = (activity: Called) => activity.input as StartSyncInput;

/** The input of a keepForLater. */
export const kept = (run: TestRun) => run.pending('keepForLater').input as KeepForLaterInput;

export function carriedBy(command: Command | undefined): CarriedState {
  if (command?.kind !== 'continueAsNew')
    throw new Error(`Not continued as new but ${command?.kind ?? 'running'}.`);
  return (command.input as { carried: CarriedState }).carried;
}

/** The run that a run continued as. */
export async function continued(run: TestRun, at = run.now) {
  return TestRun.start('integrationSync', (run.ended as { input: unknown }).input, { at });
}

export function resultOf(command: Command | undefined): SyncResult {
  if (command?.kind !== 'complete') throw new Error(`Not completed but ${command?.kind ?? 'running'}.`);
  return command.result as SyncResult;
}

export async function startSignalled(...models: string[]): Promise<TestRun> {
  const { run } = await TestRun.start('integrationSync', INPUT, { jobs: [changed(...models)] });
  return run;
}

/** Lets the debounce end and answers the start. */
export async function startReads(
  endpoints: string[],
  given: Parameters<typeof started>[1] = {},
): Promise<TestRun> {
  const run = await startSignalled('ats_jobs');
  await run.advanceTo(T0 + 5_000);
  await run.activate([completed(run.pending('startSync'), started(endpoints, given))]);
  return run;
}

export async function finishRead(run: TestRun, endpoint: string, result = read()) {
  return run.activate([completed(run.pending('syncEndpoint', endpoint), result)]);
}
