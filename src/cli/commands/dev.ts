import type { Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { run } from '../support/run.ts';

export function register(program: Command): void {
  addCommand(
    program,
    'dev',
    'Run everything on this machine: Postgres, Temporal with its UI, a sandbox of Kombo, the service and a worker',
    ['dev', 'KOMBO_API_KEY=ks_prod_… kombo-sync dev'],
  )
    .addHelpText(
      'after',
      `
Each part steps aside when its variable is set: KOMBO_API_KEY (the sandbox), DATABASE_URL (Postgres),
TEMPORAL_ADDRESS (the Temporal server). Data are kept in DATA_DIR. Ctrl-C stops everything.`,
    )
    .action(
      run([], async (context) => {
        const signal = context.stopSignal();
        const { createOutput } = await import('../../dev/output.ts');
        const { runDev } = await import('../../dev/run.ts');
        await runDev({
          env: { ...process.env },
          config: context.config,
          output: createOutput(context.json ? process.stderr : process.stdout),
          signal,
          onReady: (facts) => {
            if (context.json) process.stdout.write(`${JSON.stringify(facts)}\n`);
          },
        });
      }),
    );
}
