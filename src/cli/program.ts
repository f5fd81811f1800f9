import { Command } from 'commander';
import { register as audit } from './commands/audit.ts';
import { register as changes } from './commands/changes.ts';
import { register as cutover } from './commands/cutover.ts';
import { register as dev } from './commands/dev.ts';
import { register as doctor } from './commands/doctor.ts';
import { register as drift } from './commands/drift.ts';
import { register as fields } from './commands/fields.ts';
import { register as integrations } from './integrations/index.ts';
import { register as migrate } from './commands/migrate.ts';
import { register as schedule } from './commands/schedule.ts';
import { register as serve } from './commands/serve.ts';
import { register as setup } from './commands/setup.ts';
import { register as status } from './status/index.ts';
import { register as sync } from './sync/index.ts';
import { register as worker } from './commands/worker.ts';
import { packageVersion } from '../version.ts';

const COMMANDS = [
  dev,
  serve,
  worker,
  migrate,
  setup,
  doctor,
  integrations,
  sync,
  status,
  schedule,
  drift,
  cutover,
  audit,
  changes,
  fields,
];

/** The command line. Commands load what they need only when they run. */
export function createProgram(): Command {
  const program = new Command('kombo-sync')
    .description('Keeps a Postgres copy of everything you read through Kombo.')
    .version(packageVersion())
    .exitOverride()
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
  for (const register of COMMANDS) register(program);
  return program;
}
