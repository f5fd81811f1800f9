import { InvalidArgumentError, type Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { EXAMPLE_ID, parseId, parseList } from '../support/options.ts';
import { run } from '../support/run.ts';

const HELP = `
The role then reads what you name here, and nothing else of kombo-sync: its other rights are revoked. Without --apply it only
prints the statements, for you to run. The role must exist. A second run changes nothing. Run it with the DATABASE_URL of the
role that runs setup.`;

/** The command that lets roles read the data in Postgres. */
export function registerAccess(program: Command): void {
  addCommand(program, 'grants', 'Print or run the SQL that lets a role of Postgres read the data', [
    'grants --role analyst',
    'grants --role analyst --models hris_*,ats_jobs --without-raw --apply',
    `grants --role acme --integration ${EXAMPLE_ID} --apply`,
  ])
    .addHelpText('after', HELP)
    .requiredOption('--role <name>', 'the role that reads', parseText)
    .option(
      '--models <names>',
      'only the tables of these models, * allowed (default: every table, also of later versions)',
      parseList,
    )
    .option('--without-raw', 'without the column raw, and so without the live views')
    .option('--integration <id>', 'only the records of this integration', parseId)
    .option('--origin <id>', 'only the records of the integrations with this origin_id', parseText)
    .option('--apply', 'run the statements, in one transaction')
    .action(run(['DATABASE_URL'], () => import('../commands/grants.ts')));
}

function parseText(text: string): string {
  if (text === '' || text.includes('\0')) throw new InvalidArgumentError('It must not be empty.');
  return text;
}
