import type { Command } from 'commander';
import { addCommand } from '../define.ts';
import { EXIT, wrongUse } from '../errors.ts';
import { parseCount, parseList, parseSince } from '../options.ts';
import { run, type Context } from '../run.ts';
import type { OperationDeps } from '../../operations/deps.ts';
import type { StartedSync } from '../../operations/syncs.ts';
import type { SyncResult } from '../../domain/sync.ts';

interface Options {
  all?: boolean;
  models?: string[];
  since?: string;
  allowMassDeletion?: boolean;
  wait?: boolean;
  perMinute: number;
}

const EXAMPLE_ID = 'personio:CBNMt7dSNCzBdnRTx87dev4E';

export function registerSyncFull(group: Command): void {
  addCommand(group, 'full [id]', 'Read everything again, find deletions, and report drift', [
    `sync full ${EXAMPLE_ID} --wait`,
    `sync full ${EXAMPLE_ID} --models hris_employees --since 2026-01-01`,
    'sync full --all',
  ])
    .option('--all', 'every active integration')
    .option('--models <names>', 'only the endpoints of these models (default: every endpoint)', parseList)
    .option('--since <date>', 'only what changed since then; such a sync deletes nothing', parseSince)
    .option('--allow-mass-deletion', 'let it delete more than SWEEP_MAX_SHARE of a table')
    .option(
      '--per-minute <n>',
      'with --all: so many start in a minute, after the first ten',
      parseCount(6_000),
      60,
    )
    .option('--wait', 'show progress and end with the result: 0 only if every endpoint completed')
    .action(
      run(['DATABASE_URL'], async (context, id: string | undefined, options: Options) => {
        const deps = await context.operations();
        const started = await start(deps, id, options);
        if (options.wait) for (const sync of started) context.note(startedText(sync));
        if (options.wait) context.note('Waiting for the end. Ctrl-C ends the waiting; the sync goes on.');
        if (options.wait) return finish(context, started, options.all === true);
        context.print(options.all ? { syncs: started } : started[0], () =>
          started.length === 0 ? 'There is no active integration.' : started.map(startedText).join('\n'),
        );
        return EXIT.done;
      }),
    );
}

async function start(deps: OperationDeps, id: string | undefined, options: Options): Promise<StartedSync[]> {
  const { fullSync, fullSyncAll } = await import('../../operations/syncs.ts');
  if (id !== undefined && options.all) throw wrongUse('Name an integration or say --all, not both.');
  const { models, since, allowMassDeletion } = options;
  if (id !== undefined) return [await fullSync(deps, id, { models, since, allowMassDeletion })];
  if (!options.all) throw wrongUse('Name an integration, or say --all.');
  if (models) throw wrongUse('--models needs one integration; models differ by category.');
  return fullSyncAll(deps, { since, allowMassDeletion, perMinute: options.perMinute });
}

function startedText(sync: StartedSync): string {
  const what = sync.alreadyRunning ? 'A full sync runs already' : 'A full sync has started';
  return `${what}: ${sync.integrationId}, workflow ${sync.workflowId}, run ${sync.runId}.`;
}

async function finish(context: Context, started: StartedSync[], all: boolean) {
  const { waitForFull } = await import('../full-sync.ts');
  const { resultText } = await import('../result-text.ts');
  const settled = await Promise.allSettled(started.map((sync) => waitForFull(context, sync)));
  const outcomes = settled.map((outcome, index) => outcomeOf(started[index]!, outcome));
  const [only] = settled;
  // One integration: what went wrong is the command's own error, with its exit code.
  if (!all && only?.status === 'rejected') throw only.reason;
  context.print(all ? { syncs: outcomes } : outcomes[0], () =>
    outcomes
      .map(({ sync, result, error }) =>
        result ? resultText(result) : `${sync.integrationId}: ${error ?? 'no result'}`,
      )
      .join('\n\n'),
  );
  return outcomes.every(({ result }) => result?.status === 'completed') ? EXIT.done : EXIT.failed;
}

interface Outcome {
  sync: StartedSync;
  result: SyncResult | null;
  error?: string;
}

function outcomeOf(sync: StartedSync, settled: PromiseSettledResult<SyncResult>): Outcome {
  if (settled.status === 'fulfilled') return { sync, result: settled.value };
  const { reason } = settled as { reason: unknown };
  return { sync, result: null, error: reason instanceof Error ? reason.message : String(reason) };
}
