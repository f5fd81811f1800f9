import { runningPasses, type PassProgress } from '../../store/reports/progress.ts';
import { readEnvironment } from '../../temporal/connect.ts';
import { runningSyncs, type RunningSync } from '../../temporal/running-syncs.ts';
import { nextFullSyncs } from '../../temporal/schedule-state.ts';
import { integrationUrl, runUrl } from '../../temporal/ui.ts';
import type { Context } from '../support/context.ts';

/** A workflow that is open, with what it reads. */
export interface Activity extends RunningSync {
  /** Its page in Temporal's UI; null where TEMPORAL_UI_URL is not set. */
  url: string | null;
  passes: Omit<PassProgress, 'workflowId' | 'runId'>[];
}

/** What goes on for an integration. */
export interface Activities {
  running: Activity[];
  /** Null while Temporal does not answer, or there is no schedule. */
  nextFullSync: { paused: boolean; nextRun: Date | null } | null;
  /** All its runs in Temporal's UI. */
  temporalUrl: string | null;
  /** False while Temporal does not answer: then `running` is what Postgres knows. */
  temporalAnswers: boolean;
}

const BOUND_MS = 5_000;

export async function readActivity(context: Context, integrationId: string): Promise<Activities> {
  const [passes, temporal] = await Promise.all([
    runningPasses(context.store(), integrationId),
    askTemporal(context, integrationId).catch(() => undefined),
  ]);
  const { TEMPORAL_UI_URL: url } = context.config;
  const ui = url === undefined ? undefined : { url, namespace: await namespaceOf() };
  const runs = temporal?.runs ?? runsOf(passes);
  return {
    running: runs.map((run) => ({
      ...run,
      url: ui ? runUrl(ui, run) : null,
      passes: passes
        .filter(({ workflowId }) => workflowId === run.workflowId)
        .map(({ workflowId: _workflow, runId: _run, ...pass }) => pass),
    })),
    nextFullSync: temporal?.next ?? null,
    temporalUrl: ui ? integrationUrl(ui, integrationId) : null,
    temporalAnswers: temporal !== undefined,
  };
}

async function askTemporal(context: Context, id: string) {
  const { client } = await context.temporal();
  const [runs, next] = await client.withDeadline(Date.now() + BOUND_MS, () =>
    Promise.all([runningSyncs(client, id), nextFullSyncs(client, [id])]),
  );
  return { runs, next: next.get(id) ?? null };
}

async function namespaceOf(): Promise<string> {
  return readEnvironment().namespace;
}

/** The runs that have passes under way. */
function runsOf(passes: readonly PassProgress[]): RunningSync[] {
  return [...Map.groupBy(passes, ({ workflowId }) => workflowId).values()].map(([first]) => {
    const { workflowId, runId, trigger, startedAt, kind } = first!;
    const type = kind === 'full' ? 'fullSync' : 'integrationSync';
    return { workflowId, runId, type, trigger, startedAt, beginsAt: null };
  });
}
