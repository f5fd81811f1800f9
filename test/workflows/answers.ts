import type { RecordFailuresInput } from '../../activities/record-failures.ts';
import type { PlanSyncInput, SyncPlan } from '../../activities/plan-sync.ts';
import type { SweepInput, SweepResult } from '../../activities/sweep-endpoint.ts';
import type { ChunkResult, SyncEndpointInput } from '../../activities/sync-endpoint.ts';
import {
  NO_COUNTS,
  type CarriedState,
  type IntegrationSyncInput,
  type SyncResult,
  type PassKind,
} from '../../src/domain/sync.ts';
import type { Command, ScheduledActivity } from './commands.ts';
import { T0, TestRun } from './harness.ts';
import { completed, signal } from './jobs.ts';

/** Five seconds of quiet, a minute at most. */
export const INPUT: IntegrationSyncInput = { integrationId: 'demo:1', quietMs: 5_000, maxWaitMs: 60_000 };

export const changed = (...models: string[]) => signal('modelsChanged', { models });

export function plan(
  endpoints: readonly string[],
  more: Partial<SyncPlan> & { kind?: PassKind } = {},
): SyncPlan {
  const { kind = 'delta', ...rest } = more;
  return {
    passes: endpoints.map((endpoint) => ({ endpoint, kind })),
    skipped: [],
    unknownModels: [],
    ...rest,
  };
}

export function chunk(more: Partial<ChunkResult> = {}): ChunkResult {
  const counts = { ...NO_COUNTS, pages: 1, records: 2, created: 1, unchanged: 1 };
  return { done: true, passId: 1, kind: 'delta', counts, sweep: false, ...more };
}

export function swept(more: Partial<SweepResult> = {}): SweepResult {
  return { done: true, counts: { ...NO_COUNTS, pages: 1, records: 2, deleted: 1 }, ...more };
}

type Called = Pick<ScheduledActivity, 'input'>;

export const passInput = (activity: Called) => activity.input as SyncEndpointInput;
export const planInput = (activity: Called) => activity.input as PlanSyncInput;
export const sweepInput = (activity: Called) => activity.input as SweepInput;
export const failuresInput = (activity: Called) => activity.input as RecordFailuresInput;

/** What a recordFailures is told. */
export function recorded(run: TestRun): RecordFailuresInput {
  return failuresInput(run.pending('recordFailures'));
}

export function carriedBy(command: Command | undefined): CarriedState {
  if (command?.kind !== 'continueAsNew')
    throw new Error(`Not continued as new but ${command?.kind ?? 'running'}.`);
  return (command.input as { carried: CarriedState }).carried;
}

export function resultOf(command: Command | undefined): SyncResult {
  if (command?.kind !== 'complete') throw new Error(`Not completed but ${command?.kind ?? 'running'}.`);
  return command.result as SyncResult;
}

export async function startSignalled(...models: string[]): Promise<TestRun> {
  const { run } = await TestRun.start('integrationSync', INPUT, { jobs: [changed(...models)] });
  return run;
}

/** Runs the debounce out and answers the plan. */
export async function startPasses(endpoints: string[], models = ['ats_jobs']): Promise<TestRun> {
  const run = await startSignalled(...models);
  await run.advanceTo(T0 + 5_000);
  await run.activate([completed(run.pending('planSync'), plan(endpoints))]);
  return run;
}

export async function finishPass(run: TestRun, endpoint: string) {
  return run.activate([completed(run.pending('syncEndpoint', endpoint), chunk())]);
}
