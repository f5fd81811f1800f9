import type { Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { run } from '../support/run.ts';

/** Commands that run, prepare and check the service. */
export function registerProcesses(program: Command): void {
  addCommand(
    program,
    'dev',
    'Run everything on this machine: Postgres, Temporal with its UI, a sandbox of Kombo, the service and a worker',
    ['dev', 'KOMBO_API_KEY=ks_prod_… kombo-sync dev'],
  )
    .addHelpText(
      'after',
      `
Set a variable to use your own part instead: KOMBO_API_KEY (the sandbox), DATABASE_URL (Postgres),
TEMPORAL_ADDRESS (the Temporal server). Data is kept in DATA_DIR. Ctrl-C stops everything.`,
    )
    .action(run([], () => import('../commands/dev.ts')));

  addCommand(
    program,
    'serve',
    'Run the webhook endpoint, the admin API, the status page, health and metrics',
    ['serve', 'PORT=8080 kombo-sync serve'],
  ).action(run(['KOMBO_WEBHOOK_SECRETS', 'DATABASE_URL'], () => import('../commands/serve.ts')));

  addCommand(program, 'worker', 'Run a Temporal worker, which does the syncs; many may run', [
    'worker',
  ]).action(run(['KOMBO_API_KEY', 'DATABASE_URL'], () => import('../commands/worker.ts')));

  addCommand(program, 'migrate', 'Bring the database up to date; safe to run twice and at the same time', [
    'migrate',
  ]).action(run(['DATABASE_URL'], () => import('../commands/migrate.ts')));

  addCommand(
    program,
    'setup',
    'Migrate the database, register the search attributes and bring the schedules in step; safe to repeat',
    ['setup'],
  ).action(run(['DATABASE_URL'], () => import('../commands/setup.ts')));

  addCommand(
    program,
    'doctor',
    'Check every setting and dependency and say how to fix it; exit 1 if something is wrong',
    ['doctor'],
  ).action(async (options: { json?: boolean }) => {
    // It loads the settings itself, because the fault may be in them.
    const { doctor } = await import('../commands/doctor.ts');
    await doctor(options);
  });
}
