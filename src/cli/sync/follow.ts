import { shellWord } from '../../domain/text.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { fullSync } from '../../../workflows/index.ts';
import type { SyncResult } from '../../domain/sync.ts';
import type { StartedSync } from '../../operations/syncs.ts';
import { causesOf, outageOf } from '../../outages/index.ts';
import { passesOfFullSync } from '../../store/reports/progress.ts';
import type { Context } from '../support/context.ts';
import { CliError, EXIT, failed, unreachable } from '../support/errors.ts';
import { SyncMeter, type SyncView } from './meter.ts';
import { endpointText, syncLine } from './progress-text.ts';

const POLL_MS = 1_000;
/** How often an endpoint that is being read gets a plain line. */
const PLAIN_EVERY_MS = 5_000;
/** A running worker has started the sync by then. */
const SILENCE_MS = 20_000;

/**
 * Waits for the end of a full sync.
 *
 * @throws CliError if the workflow ended without a result, Temporal went away, or you stopped the waiting.
 */
export async function resultOf(context: Context, sync: StartedSync): Promise<SyncResult> {
  const { client } = await context.temporal();
  const signal = context.stopSignal();
  try {
    return await client.withAbortSignal(signal, () =>
      client.workflow.getHandle<typeof fullSync>(sync.workflowId, sync.runId).result(),
    );
  } catch (error) {
    throw signal.aborted ? stoppedWaiting(sync.integrationId) : describeEnd(sync, error);
  }
}

/** The same, with its progress on stderr. @param expected the number of records of each endpoint, if known. */
export async function followFullSync(
  context: Context,
  sync: StartedSync,
  expected: ReadonlyMap<string, number | null>,
): Promise<{ result: SyncResult; tookMs: number | null }> {
  const done = new AbortController();
  const progress = showProgress(context, sync, expected, done.signal);
  try {
    const result = await resultOf(context, sync);
    return { result, tookMs: await tookOf(context, sync) };
  } finally {
    done.abort();
    await progress;
  }
}

/** How long it took, including runs that continued it as new; null if Temporal does not answer. */
async function tookOf(context: Context, { workflowId, runId }: StartedSync): Promise<number | null> {
  const { workflow } = (await context.temporal()).client;
  try {
    const [first, last] = await Promise.all([
      workflow.getHandle(workflowId, runId).describe(),
      workflow.getHandle(workflowId).describe(),
    ]);
    const begin = first.executionTime ?? first.startTime;
    return last.closeTime ? last.closeTime.getTime() - begin.getTime() : null;
  } catch {
    return null;
  }
}

function stoppedWaiting(integrationId: string): CliError {
  return new CliError(
    EXIT.failed,
    'interrupted',
    `This command no longer waits; the sync continues. "kombo-sync status ${shellWord(integrationId)}" shows its progress.`,
  );
}

function describeEnd(sync: StartedSync, error: unknown): unknown {
  if (error instanceof Error && error.name === 'WorkflowFailedError') {
    // Only the innermost error says what happened. The others only say that something did.
    return failed(`${sync.workflowId} ended without a result: ${causesOf(error).at(-1)!.message}`);
  }
  const outage = outageOf(error);
  if (outage?.part !== 'temporal') return error;
  return unreachable(`${outage.what} ${sync.workflowId} continues when it answers again.`, error);
}

/** If Postgres does not answer, one look is skipped. */
async function showProgress(
  context: Context,
  sync: StartedSync,
  expected: ReadonlyMap<string, number | null>,
  done: AbortSignal,
): Promise<void> {
  const store = context.store();
  const meter = new SyncMeter(expected);
  const show = createDisplay(context, sync);
  for (let last = false; !last;) {
    // One more look after the end shows how each endpoint ended.
    last = done.aborted;
    if (!last) await delay(POLL_MS, undefined, { signal: done }).catch(() => {});
    const passes = await passesOfFullSync(store, sync).catch(() => undefined);
    if (passes) show(meter.look(passes, Date.now()), Date.now());
  }
  context.live.clear();
}

/**
 * Prints a line for each endpoint that has ended. The others share a line that changes in place, or get a line now and
 * then.
 */
function createDisplay(context: Context, sync: StartedSync): (view: SyncView, now: number) => void {
  const begin = Math.max(Date.now(), sync.beginsAt?.getTime() ?? 0);
  const told = new Map<string, number>();
  let warned = false;
  return (view, now) => {
    for (const endpoint of view.endpoints) {
      const running = endpoint.state === 'running' || endpoint.state === 'sweeping';
      const last = told.get(endpoint.endpoint) ?? 0;
      const due = running ? !context.live.updates && now - last >= PLAIN_EVERY_MS : last !== Infinity;
      if (!due) continue;
      told.set(endpoint.endpoint, running ? now : Infinity);
      context.note(`${sync.integrationId} ${endpointText(endpoint)}`);
    }
    if (view.endpoints.length > 0) context.live.show(syncLine(sync.integrationId, view));
    else if (!warned && now - begin >= SILENCE_MS) {
      warned = true;
      context.note('Nothing is being read yet. "kombo-sync doctor" says whether a worker runs.');
    }
  };
}
