import type { fullSync } from '../../workflows/index.ts';
import type { SyncResult } from '../domain/sync.ts';
import type { StartedSync } from '../operations/syncs.ts';
import { syncHistory } from '../store/status.ts';
import { failed, unreachable } from './errors.ts';
import { countsText } from './format.ts';
import type { Context } from './run.ts';

const POLL_MS = 1_000;

/**
 * Waits for the end of a sync and says on stderr what it reads.
 *
 * @throws CliError when the workflow ended without a result, or Temporal went away.
 */
export async function waitForFull(context: Context, sync: StartedSync): Promise<SyncResult> {
  const { client } = await context.temporal();
  const handle = client.workflow.getHandle<typeof fullSync>(sync.workflowId, sync.runId);
  const done = new AbortController();
  const progress = context.json ? undefined : reportProgress(context, sync, done.signal);
  try {
    return await handle.result();
  } catch (error) {
    throw describeEnd(sync, error);
  } finally {
    done.abort();
    await progress;
  }
}

function describeEnd(sync: StartedSync, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'WorkflowFailedError') {
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    return failed(`${sync.workflowId} ended without a result: ${reason}`);
  }
  if (error.name === 'ServiceError') {
    return unreachable(`Temporal went away; ${sync.workflowId} goes on when it is back.`, error);
  }
  return error;
}

/** Prints each step of the passes of the sync. A hiccup of Postgres only costs a line. */
async function reportProgress(context: Context, sync: StartedSync, signal: AbortSignal): Promise<void> {
  const store = await context.store();
  const seen = new Map<string, string>();
  while (!signal.aborted) {
    await pause(POLL_MS, signal);
    const history = await syncHistory(store, sync.integrationId, 5).catch(() => []);
    const passes = history.find((entry) => entry.syncId.startsWith(sync.runId))?.passes ?? [];
    for (const pass of passes.toReversed()) {
      const text = `${pass.state} · ${countsText(pass.counts)}`;
      if (seen.get(pass.id) === text) continue;
      seen.set(pass.id, text);
      context.note(`${sync.integrationId} ${pass.endpoint} ${pass.kind} ${text}`);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
