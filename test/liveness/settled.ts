import { fullSyncWorkflowId, syncWorkflowId } from '../../src/domain/names.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import type { World } from './world.ts';

/** What is left to do, or has gone wrong. */
export interface Left {
  owed: string[];
  openRuns: string[];
  failedRuns: string[];
  /** Changes that are not rows yet. */
  unread: number;
  isNothing: boolean;
}

export async function findLeft(world: World, ids: readonly string[], unread: number): Promise<Left> {
  const { rows } = await world.looker.query<{ owed: string }>(
    `select concat_ws(' ', integration_id, kind, endpoint, 'since', since, 'due', due_at, failure_code, failures) as owed
     from kombo_sync.debts where integration_id = any($1) order by 1`,
    [ids],
  );
  const owed = rows.map((row) => row.owed);
  const open = await openRuns(world, ids);
  const failedRuns = await runs(world, "ExecutionStatus in ('Failed', 'TimedOut')");
  const isNothing = owed.length + open.length + failedRuns.length + unread === 0;
  return { owed, openRuns: open, failedRuns, unread, isNothing };
}

/** Runs of the integrations that have not ended, without the second by which the list of runs is late. */
export async function openRuns({ temporal }: World, ids: readonly string[]): Promise<string[]> {
  const workflowIds = ids.flatMap((id) => [syncWorkflowId(id), fullSyncWorkflowId(id)]);
  const open = await Promise.all(
    workflowIds.map(async (workflowId) => {
      const described = await temporal.client.workflow
        .getHandle(workflowId)
        .describe()
        .catch(() => undefined);
      return described?.status.name === 'RUNNING' ? [workflowId] : [];
    }),
  );
  return open.flat();
}

async function runs({ temporal, config }: World, where: string): Promise<string[]> {
  const found: string[] = [];
  const query = `TaskQueue = '${config.TASK_QUEUE}' and ${where}`;
  for await (const { workflowId, runId, status } of temporal.client.workflow.list({ query })) {
    found.push(`${workflowId} ${runId} ${status.name}`);
  }
  return found;
}

/** Tables with copies of other records, which no delta refreshes. */
const EMBEDDING = ['lms_course_progressions', 'lms_courses'];

/**
 * Records in which the copy differs from Kombo although nothing is left to do. Only a full sync shows copies of other
 * records, and records that vanished without a trace, so this reads endpoints that may differ in full first.
 */
export async function findStrays(
  world: World,
  ids: readonly string[],
  vanished: ReadonlySet<string>,
): Promise<string[]> {
  const strays: string[] = [];
  for (const id of ids) {
    const before = await world.differences(id);
    const mayDiffer = (difference: string) =>
      vanished.has(`${id} ${difference}`) || EMBEDDING.some((table) => difference.startsWith(`${table} `));
    strays.push(...before.filter((one) => !mayDiffer(one)).map((one) => `${id} ${one}`));
    if (before.length === 0) continue;
    const { handle } = await startFullSync(world.temporal.client, world.config, { integrationId: id });
    await handle.result();
    const after = await world.differences(id);
    strays.push(...after.map((one) => `${id} ${one} after a full sync`));
  }
  return strays;
}
