import { Command } from 'commander';
import { packageVersion } from '../version.ts';
import { registerFields } from './definitions/fields.ts';
import { registerAccess } from './definitions/access.ts';
import { registerConsumers } from './definitions/consumers.ts';
import { registerIntegrations } from './definitions/integrations.ts';
import { registerNotify } from './definitions/notify.ts';
import { registerProcesses } from './definitions/processes.ts';
import { registerRecords } from './definitions/records.ts';
import { registerReports } from './definitions/reports.ts';
import { registerSyncs } from './definitions/syncs.ts';
import { STANDARD_OUTPUT, type Output } from './support/output.ts';

/** The command line. Commands load what they need only when they run. */
export function createProgram(output: Output = STANDARD_OUTPUT): Command {
  const program = new Command('kombo-sync')
    .description('Keeps a Postgres copy of everything you read through Kombo.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ ...output })
    .showHelpAfterError('(add --help for the usage)')
    .addHelpText(
      'after',
      `
Examples:
  kombo-sync dev
  kombo-sync status
  kombo-sync sync full personio:CBNMt7dSNCzBdnRTx87dev4E --wait

From a clone: npm run -s cli -- <command>
Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 a dependency cannot be reached`,
    );
  registerProcesses(program);
  registerIntegrations(program);
  registerSyncs(program);
  registerReports(program);
  registerConsumers(program);
  registerRecords(program);
  registerFields(program);
  registerAccess(program);
  registerNotify(program);
  return program;
}
