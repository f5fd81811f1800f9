import type { Client } from '@temporalio/client';
import { WORKFLOW_TYPES } from '../domain/names.ts';
import { findOverview, type IntegrationOverview } from '../store/reports/overview.ts';
import { runningPasses, type PassProgress } from '../store/reports/progress.ts';
import { endpointStatuses, type EndpointStatus } from '../store/reports/status.ts';
import { listOpenRuns, type OpenRun } from '../temporal/open-runs.ts';
import { describeSchedule, type Schedules } from '../temporal/schedule-state.ts';
import { notFound } from './errors.ts';
import { showLife, type IntegrationLife, type ShowDeps } from './show.ts';

/** A pass that is under way. */
export type RunningPass = Omit<PassProgress, 'workflowId' | 'runId'>;

/** A workflow that is open, with what it reads. */
export interface RunningWork extends OpenRun {
  /** Its page in Temporal's UI; null if TEMPORAL_UI_URL is not set. */
  temporalUrl: string | null;
  passes: RunningPass[];
}

export interface IntegrationDetail extends IntegrationOverview, IntegrationLife {
  endpoints: EndpointStatus[];
  /** What runs. If Temporal does not answer, this comes from the passes in Postgres. */
  running: RunningWork[];
  /** Null if Temporal does not answer. */
  schedules: Schedules | null;
  /** All its runs in Temporal's UI. */
  temporalUrl: string | null;
}

/** Asks Temporal; undefined if it does not answer in time. */
export type AskTemporal = <T>(work: (client: Client) => Promise<T>) => Promise<T | undefined>;

/** Everything about one integration. @throws OperationError (not-found) with what to do. */
export async function showIntegration(
  deps: ShowDeps,
  id: string,
  askTemporal: AskTemporal,
): Promise<IntegrationDetail> {
  const { config, store, links } = deps;
  const life = await showLife(deps, id);
  const [overview, endpoints, passes, temporal] = await Promise.all([
    findOverview(store, id, config),
    endpointStatuses(store, id, config),
    runningPasses(store, id),
    askTemporal((client) => Promise.all([listOpenRuns(client, id), describeSchedule(client, id)])),
  ]);
  if (!overview) throw notFound(`There is no integration ${id}.`);
  const [runs, schedules] = temporal ?? [runsOf(passes), null];
  return {
    ...life,
    ...overview,
    endpoints,
    running: runs.map((run) => ({
      ...run,
      temporalUrl: links.run(run),
      passes: passes.filter(({ workflowId }) => workflowId === run.workflowId).map(toRunningPass),
    })),
    schedules,
    temporalUrl: links.integration(id),
  };
}

const toRunningPass = ({ workflowId: _workflow, runId: _run, ...pass }: PassProgress): RunningPass => pass;

/** The runs that have passes under way. */
function runsOf(passes: readonly PassProgress[]): OpenRun[] {
  return [...Map.groupBy(passes, ({ workflowId }) => workflowId).values()].map(([first]) => {
    const { workflowId, runId, trigger, startedAt, kind } = first!;
    const type = kind === 'full' ? WORKFLOW_TYPES.fullSync : WORKFLOW_TYPES.integrationSync;
    return { workflowId, runId, type, trigger, startedAt, beginsAt: null };
  });
}
