import { WORKFLOW_TYPES } from '../../domain/names.ts';
import { pendingMigrations } from '../../store/migrate.ts';
import { startWorker } from '../../worker/run.ts';
import type { Context } from '../support/context.ts';
import { CliError, EXIT, type ExitCode } from '../support/errors.ts';
import { bounded, untilAborted } from '../support/long-running.ts';

/** The worker bounds its own shutdown. This bound is for a worker that hangs. */
const STOP_BOUND_MS = 45_000;

export async function handle(context: Context): Promise<ExitCode> {
  const stop = context.stopSignal();
  const log = context.log();
  const store = context.store();
  await context.trace('worker');
  await requireMigrated(context);
  if (stop.aborted) return EXIT.done;
  const worker = await startWorker({ config: context.config, store, log });
  const { TASK_QUEUE: taskQueue } = context.config;
  const workflows = Object.values(WORKFLOW_TYPES);
  context.print(
    { taskQueue, workflows },
    () => `Working on task queue ${taskQueue}: ${workflows.join(', ')} and their activities`,
  );
  // A worker that ends by itself has failed; its error is the command's.
  await Promise.race([untilAborted(stop), worker.finished]);
  if (!stop.aborted) return EXIT.failed;
  log.info('Stopping: pages in flight are finished, the rest is left to other workers');
  return (await bounded(STOP_BOUND_MS, worker.stop())) ? EXIT.done : EXIT.failed;
}

async function requireMigrated(context: Context): Promise<void> {
  const pending = await pendingMigrations(context.store());
  if (pending.length === 0) return;
  throw new CliError(
    EXIT.failed,
    'not_migrated',
    `The database lacks ${missing(pending)}. Run: kombo-sync setup`,
  );
}

const NAMES_SHOWN = 3;

function missing(pending: readonly string[]): string {
  const some = pending.slice(0, NAMES_SHOWN).join(', ');
  const more = pending.length - NAMES_SHOWN;
  return more > 0 ? `${some} and ${more} more` : some;
}
