import { adoptIntegrations, type Adoption } from '../../operations/adopt.ts';
import type { LookUpDeps } from '../../operations/deps.ts';
import { addIntegration, type AddedIntegration } from '../../operations/integrations.ts';
import { createPatience } from '../../temporal/patience.ts';
import type { Context } from '../support/context.ts';
import { describeFailure, EXIT, wrongUse, type ExitCode } from '../support/errors.ts';
import { plural, relative } from '../support/format.ts';
import { adoptionText, countOutcomes, progressLine } from './added-text.ts';
import { readIdFile } from './id-list.ts';

interface Options {
  sync: boolean;
  force?: boolean;
  file?: string;
  perMinute: number;
}

export async function handle(
  context: Context,
  id: string | undefined,
  options: Options,
): Promise<ExitCode | void> {
  if (id !== undefined && options.file !== undefined)
    throw wrongUse('Name an integration or a --file, not both.');
  if (options.file !== undefined && options.force) throw wrongUse('--force is for one integration.');
  if (options.file !== undefined) return addMany(context, options.file, options);
  if (id === undefined) throw wrongUse('Name an integration, or a --file of them.');
  return addOne(context, id, options);
}

async function depsOf(context: Context, signal?: AbortSignal): Promise<LookUpDeps> {
  const patience = createPatience({ note: (line) => context.note(line), signal });
  return { ...(await context.operations()), kombo: context.kombo(), patience };
}

async function addOne(context: Context, id: string, { sync, force = false }: Options): Promise<void> {
  const deps = await depsOf(context);
  const added = await addIntegration(deps, id, { sync, force });
  const { tool, category } = added.integration;
  context.print(added, () =>
    [
      `${id} (${tool}, ${category}) is ${added.new ? 'added' : 'up to date'}; its schedules are ${added.schedules}.`,
      syncText(added, sync),
    ].join('\n'),
  );
}

function syncText({ sync, waiting, integration }: AddedIntegration, wanted: boolean): string {
  if (!wanted) return 'No sync was started.';
  if (integration.status === 'paused')
    return `It is paused, so nothing is read: ${integration.statusReason ?? ''}`;
  if (waiting) return `It cannot be read now; it is read as soon as possible. ${waiting.message}`;
  if (!sync) return 'It has been read in full before; "kombo-sync sync full" reads it again.';
  const began = sync.alreadyRunning ? 'runs already' : 'has started';
  const state = sync.beginsAt ? `begins ${relative(sync.beginsAt)}` : began;
  return `Its first full sync ${state}: workflow ${sync.workflowId}, run ${sync.runId}.`;
}

/** How often a plain line shows the progress. */
const PLAIN_EVERY_MS = 5_000;

async function addMany(context: Context, file: string, { sync, perMinute }: Options): Promise<ExitCode> {
  const { ids, duplicates, header } = await readIdFile(file);
  if (header !== null) context.note(`The first line is taken as a header: ${header}`);
  const signal = context.stopSignal();
  const deps = await depsOf(context, signal);
  const counts = countOutcomes([]);
  const beganAt = Date.now();
  let toldAt = beganAt;
  context.note(`Adding ${plural(ids.length, 'integration')} …`);
  const adoption = await adoptIntegrations(deps, ids, {
    sync,
    perMinute,
    signal,
    onDone: (adopted) => {
      counts[adopted.outcome] += 1;
      if (adopted.outcome === 'failed') context.note(`${adopted.id}: ${adopted.message}`);
      const text = progressLine(counts, ids.length, Date.now() - beganAt);
      if (context.live.updates) return context.live.show(text);
      if (Date.now() - toldAt < PLAIN_EVERY_MS) return;
      toldAt = Date.now();
      context.note(text);
    },
  });
  const { stopped, ...rest } = adoption;
  const why = stopped === undefined ? null : describeFailure(stopped);
  context.print({ ...rest, duplicates, stopped: why && { code: why.code, message: why.message } }, () =>
    adoptionText(adoption, duplicates, why?.message),
  );
  return why?.exitCode ?? exitCodeOf(adoption);
}

function exitCodeOf({ integrations, left }: Adoption): ExitCode {
  return left === 0 && integrations.every(({ outcome }) => outcome !== 'failed') ? EXIT.done : EXIT.failed;
}
