import { fullSyncOptions, type FullSyncOptions } from '../../domain/full-sync-options.ts';
import { requireIntegration } from '../../operations/require.ts';
import { fullSyncAll, fullSync } from '../../operations/syncs.ts';
import { expectedRecords } from '../../store/reports/progress.ts';
import type { Context } from '../support/context.ts';
import { EXIT, wrongUse, type ExitCode } from '../support/errors.ts';
import { waitForAll, outcomesText } from './follow-all.ts';
import { followFullSync } from './follow.ts';
import { resultText } from './result-text.ts';
import { startedAllText, startedText } from './started-text.ts';

interface Options extends FullSyncOptions {
  all?: boolean;
  wait?: boolean;
  perMinute: number;
}

export async function handle(context: Context, id: string | undefined, options: Options): Promise<ExitCode> {
  if (id !== undefined && options.all) throw wrongUse('Name an integration or say --all, not both.');
  if (options.all) return all(context, options);
  if (id === undefined) throw wrongUse('Name an integration, or say --all.');
  return one(context, id, options);
}

async function one(context: Context, id: string, options: Options): Promise<ExitCode> {
  const { models, since, wait } = options;
  const sync = await fullSync(await context.operations(), id, fullSyncOptions(options));
  const text = startedText(sync, { ...options, only: models !== undefined || since !== undefined });
  if (!wait) {
    context.print(sync, () => text);
    return EXIT.done;
  }
  context.note(text);
  context.note('Waiting for the end. Ctrl-C stops the waiting; the sync continues.');
  const { result, tookMs } = await followFullSync(context, sync, await expectedOf(context, id, options));
  context.print({ sync, result }, () => resultText(result, tookMs));
  return result.status === 'completed' ? EXIT.done : EXIT.failed;
}

/** How many records it will probably read. A failed estimate does not fail the command. */
async function expectedOf(
  context: Context,
  id: string,
  { models, since }: Options,
): Promise<Map<string, number | null>> {
  if (since !== undefined) return new Map();
  const store = context.store();
  try {
    const integration = await requireIntegration(store, id);
    return await expectedRecords(store, integration, { models, settings: context.config });
  } catch {
    return new Map();
  }
}

async function all(context: Context, options: Options): Promise<ExitCode> {
  const { models, perMinute } = options;
  if (models) throw wrongUse('--models needs one integration; models differ by category.');
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
  context.note('Waiting for all of them. Ctrl-C stops the waiting; the syncs continue.');
  const began = performance.now();
  const outcomes = await waitForAll(context, started);
  const tookMs = performance.now() - began;
  context.print({ syncs: outcomes }, () => outcomesText(outcomes, tookMs));
  return outcomes.every(({ result }) => result?.status === 'completed') ? EXIT.done : EXIT.failed;
}
