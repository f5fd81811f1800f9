import { Argument, type Command } from 'commander';
import { SHELLS, type Shell } from '../support/completion.ts';
import { addCommand } from '../support/define.ts';
import { parseOrigins, parsePort } from '../support/options.ts';
import { outputOf } from '../support/output.ts';
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

  addCommand(program, 'codec-server', "Decode encrypted payloads for Temporal's UI and CLI", [
    'codec-server',
    'codec-server --origin https://cloud.temporal.io',
  ])
    .option(
      '--host <address>',
      'address to listen on; another than this machine needs CODEC_SERVER_TOKEN',
      '127.0.0.1',
    )
    .option('--port <n>', 'port to listen on', parsePort, 8888)
    .option(
      '--origin <urls>',
      'where the UI is, comma-separated; the default is TEMPORAL_UI_URL',
      parseOrigins,
    )
    .action(run([], () => import('../commands/codec-server.ts')));

  addCommand(program, 'migrate', 'Bring the database up to date; safe to run twice and at the same time', [
    'migrate',
  ]).action(run(['DATABASE_URL'], () => import('../commands/migrate.ts')));

  addCommand(
    program,
    'setup',
    'Migrate the database, register the search attributes and bring the schedules in step; safe to repeat',
    ['setup', 'setup --recount'],
  )
    .option('--recount', 'count all rows again, after you have changed some by hand')
    .action(run(['DATABASE_URL'], () => import('../commands/setup.ts')));

  addCommand(
    program,
    'doctor',
    'Check every setting and dependency and say how to fix it; exit 1 if something is wrong',
    ['doctor'],
  ).action(async (options: { json?: boolean }, command: Command) => {
    // It loads the settings itself, because the fault may be in them.
    const { doctor } = await import('../commands/doctor.ts');
    await doctor(options, outputOf(command));
  });

  addCommand(program, 'completion', 'Print the completion script for a shell: bash, zsh or fish', [
    'completion bash',
    'completion fish > ~/.config/fish/completions/kombo-sync.fish',
  ])
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell, { json }: { json?: boolean }) => {
      const { completion } = await import('../commands/completion.ts');
      completion(program, shell, json);
    });
}
