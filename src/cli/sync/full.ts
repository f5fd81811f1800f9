import type { Command } from 'commander';
import { fullSyncOptions, type FullSyncOptions } from '../../domain/full-sync-options.ts';
import { addCommand } from '../support/define.ts';
import { EXIT, wrongUse, type ExitCode } from '../support/errors.ts';
import { parseCount, parseList, parseSince } from '../support/options.ts';
import { run, type Context } from '../support/run.ts';
import { startedAllText, startedText } from './started-text.ts';

interface Options extends FullSyncOptions {
  all?: boolean;
  wait?: boolean;
  perMinute: number;
}

const EXAMPLE_ID = 'personio:CBNMt7dSNCzBdnRTx87dev4E';

export function registerSyncFull(group: Command): void {
  addCommand(group, 'full [id]', 'Read everything again, find deletions, and report drift', [
    `sync full ${EXAMPLE_ID} --wait`,
    `sync full ${EXAMPLE_ID} --models hris_employees --since 2026-01-01`,
    'sync full --all --per-minute 30 --wait',
  ])
    .option('--all', 'every active integration')
    .option('--models <names>', 'only the endpoints of these models (default: every endpoint)', parseList)
    .option(
      '--since <date>',
      'only what changed since then (UTC unless it says otherwise); such a sync deletes nothing',
      parseSince,
    )
    .option('--allow-mass-deletion', 'let it delete more than SWEEP_MAX_SHARE of a table')
    .option(
      '--per-minute <n>',
      'with --all: so many begin in a minute, after the first ten',
      parseCount(6_000),
      60,
    )
    .option('--wait', 'show progress and end with the result: 0 only if every endpoint completed')
    .action(
      run(['DATABASE_URL'], async (context, id: string | undefined, options: Options) => {
        if (id !== undefined && options.all) throw wrongUse('Name an integration or say --all, not both.');
        if (options.all) return all(context, options);
        if (id === undefined) throw wrongUse('Name an integration, or say --all.');
        return one(context, id, options);
      }),
    );
}

async function one(context: Context, id: string, options: Options): Promise<ExitCode> {
  const { fullSync } = await import('../../operations/syncs.ts');
  const { models, since, wait } = options;
  const sync = await fullSync(await context.operations(), id, fullSyncOptions(options));
  const text = startedText(sync, { ...options, only: models !== undefined || since !== undefined });
  if (!wait) {
    context.print(sync, () => text);
    return EXIT.done;
  }
  context.note(text);
  context.note('Waiting for the end. Ctrl-C ends the waiting; the sync goes on.');
  const { followFullSync } = await import('./follow.ts');
  const { resultText } = await import('./result-text.ts');
  const { result, tookMs } = await followFullSync(context, sync, await expectedOf(context, id, options));
  context.print({ sync, result }, () => resultText(result, tookMs));
  return result.status === 'completed' ? EXIT.done : EXIT.failed;
}

/** What is known of how much it will read; an estimate is not worth a failure. */
async function expectedOf(
  context: Context,
  id: string,
  { models, since }: Options,
): Promise<Map<string, number | null>> {
  if (since !== undefined) return new Map();
  const { expectedRecords } = await import('../../store/reports/progress.ts');
  const { requireIntegration } = await import('../../operations/require.ts');
  const store = await context.store();
  try {
    const integration = await requireIntegration(store, id);
    return await expectedRecords(store, integration, {
      models,
      extraEndpoints: context.config.EXTRA_ENDPOINTS,
    });
  } catch {
    return new Map();
  }
}

async function all(context: Context, options: Options): Promise<ExitCode> {
  const { fullSyncAll } = await import('../../operations/syncs.ts');
  const { perMinute } = options;
  if (options.models) throw wrongUse('--models needs one integration; models differ by category.');
  const started = await fullSyncAll(
    await context.operations(),
    { ...fullSyncOptions(options), perMinute },
    (count, total) => context.live.show(`Starting: ${count} of ${total}`),
  );
  if (!options.wait || started.length === 0) {
    context.print({ syncs: started }, () => startedAllText(started, options));
    return EXIT.done;
  }
  context.note(startedAllText(started, options));
  context.note('Waiting for all of them. Ctrl-C ends the waiting; the syncs go on.');
  const { waitForAll, outcomesText } = await import('./follow-all.ts');
  const began = performance.now();
  const outcomes = await waitForAll(context, started);
  const tookMs = performance.now() - began;
  context.print({ syncs: outcomes }, () => outcomesText(outcomes, tookMs));
  return outcomes.every(({ result }) => result?.status === 'completed') ? EXIT.done : EXIT.failed;
}
