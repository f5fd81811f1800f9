import type { Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { CliError, describeFailure, EXIT } from '../support/errors.ts';
import { run, type Context } from '../support/run.ts';

/** The worker bounds its own shutdown; this is for the case that it hangs. */
const STOP_BOUND_MS = 45_000;

export function register(program: Command): void {
  addCommand(program, 'worker', 'Run a Temporal worker, which does the syncs; many may run', [
    'worker',
  ]).action(
    run(['KOMBO_API_KEY', 'DATABASE_URL'], async (context) => {
      const { WORKFLOW_TYPES } = await import('../../domain/names.ts');
      const { startWorker } = await import('../../worker/run.ts');
      const { bounded, untilAborted } = await import('../support/long-running.ts');
      const stop = context.stopSignal();
      const log = await context.log();
      const store = await context.store();
      await requireMigrated(context);
      if (stop.aborted) return EXIT.done;
      const worker = await startWorker({ config: context.config, store, log });
      const { TASK_QUEUE: taskQueue } = context.config;
      const workflows = Object.values(WORKFLOW_TYPES);
      context.print(
        { taskQueue, workflows },
        () => `Working on task queue ${taskQueue}: ${workflows.join(', ')} and their activities`,
      );
      // With thousands of integrations this takes a while; syncs need not wait for it.
      void reconcile(context).catch((error: unknown) => {
        log.warn(`The schedules could not be brought in step: ${describeFailure(error).message}`);
      });
      // A worker that ends by itself has failed; its error is the command's.
      await Promise.race([untilAborted(stop), worker.finished]);
      if (!stop.aborted) return EXIT.failed;
      log.info('Stopping: pages in flight are finished, the rest is left to other workers');
      return (await bounded(STOP_BOUND_MS, worker.stop())) ? EXIT.done : EXIT.failed;
    }),
  );
}

async function requireMigrated(context: Context): Promise<void> {
  const { pendingMigrations } = await import('../../store/migrate.ts');
  const pending = await pendingMigrations(await context.store());
  if (pending.length === 0) return;
  throw new CliError(
    EXIT.failed,
    'not_migrated',
    `The database lacks ${pending.length} migration steps. Run: kombo-sync setup`,
  );
}

/** Settings of the schedules may have changed since they were made. */
async function reconcile(context: Context): Promise<void> {
  const { findIntegration, listIntegrations } = await import('../../store/state/integrations.ts');
  const { reconcileSchedules } = await import('../../temporal/schedules.ts');
  const { client } = await context.temporal();
  const log = await context.log();
  const store = await context.store();
  const done = await reconcileSchedules(client, context.config, await listIntegrations(store), (id) =>
    findIntegration(store, id),
  );
  const { created, updated, deleted } = done;
  if (created.length + updated.length + deleted.length > 0) {
    log.info({ created, updated, deleted }, 'Brought the schedules in step with the settings');
  }
}
