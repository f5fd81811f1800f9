import { none } from '../../domain/counts.ts';
import { timeTaken } from '../../domain/duration.ts';
import { SYNC_STATUSES, type SyncResult } from '../../domain/sync.ts';
import type { StartedSync } from '../../operations/syncs.ts';
import type { Context } from '../support/context.ts';
import { CliError, describeFailure, EXIT } from '../support/errors.ts';
import { countsText, table } from '../support/format.ts';
import { resultOf } from './follow.ts';
import { overallCounts, troublesOf } from './result-text.ts';

export interface Outcome {
  sync: StartedSync;
  result: SyncResult | null;
  error?: string;
}

/** Syncs end roughly in the order of their starts, so waiting for a few at once is enough. */
const WAITING_AT_ONCE = 50;
const PLAIN_EVERY_MS = 5_000;

/** Waits for many full syncs, and says on stderr how many have ended. @throws CliError if you stop the waiting. */
export async function waitForAll(context: Context, started: readonly StartedSync[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const tell = createCounter(context, started.length);
  const signal = context.stopSignal();
  let next = 0;
  const work = async () => {
    for (let index = next++; index < started.length && !signal.aborted; index = next++) {
      const outcome = await outcomeOf(context, started[index]!);
      if (signal.aborted) return;
      outcomes[index] = outcome;
      tell(outcome);
    }
  };
  await Promise.all(Array.from({ length: WAITING_AT_ONCE }, work));
  context.live.clear();
  if (!signal.aborted) return outcomes;
  const done = outcomes.filter(Boolean).length;
  throw new CliError(
    EXIT.failed,
    'interrupted',
    `This command no longer waits: ${done} of ${started.length} syncs are done, the others continue. "kombo-sync status" shows them.`,
  );
}

async function outcomeOf(context: Context, sync: StartedSync): Promise<Outcome> {
  try {
    return { sync, result: await resultOf(context, sync) };
  } catch (error) {
    return { sync, result: null, error: describeFailure(error).message };
  }
}

function createCounter(context: Context, total: number): (outcome: Outcome) => void {
  const counts = none(SYNC_STATUSES);
  let toldAt = 0;
  return ({ result }) => {
    counts[result?.status ?? 'failed'] += 1;
    const done = Object.values(counts).reduce((sum, count) => sum + count);
    const parts = Object.entries(counts).filter(([, count]) => count > 0);
    const text = `${done} of ${total} done: ${parts.map(([name, count]) => `${count} ${name}`).join(', ')}`;
    if (context.live.updates) return context.live.show(text);
    if (done < total && Date.now() - toldAt < PLAIN_EVERY_MS) return;
    toldAt = Date.now();
    context.note(text);
  };
}

/** How many completed, and why the others did not. */
export function outcomesText(outcomes: readonly Outcome[], tookMs: number): string {
  const well = outcomes.filter(({ result }) => result?.status === 'completed').length;
  const counts = countsText(overallCounts(outcomes.flatMap(({ result }) => result ?? [])));
  const head = `${well} of ${outcomes.length} full syncs completed in ${timeTaken(tookMs)} (${counts}).`;
  const rows = outcomes.flatMap(({ sync, result, error }) =>
    result
      ? troublesOf(result).map((trouble) => [sync.integrationId, result.status, ...trouble])
      : [[sync.integrationId, 'failed', null, error ?? 'no result']],
  );
  return rows.length === 0 ? head : `${head}\n\n${table(['INTEGRATION', 'STATUS', 'ENDPOINT', 'WHY'], rows)}`;
}
