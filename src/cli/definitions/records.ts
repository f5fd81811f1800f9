import type { Command } from 'commander';
import { addCommand, addGroup } from '../support/define.ts';
import { EXAMPLE_ID, parseId } from '../support/options.ts';
import { run } from '../support/run.ts';

const HELP = `
Erased are the fields of its row, and copies that could not be stored. The row stays with its key, the change feed says
"erased", and other records that name it are listed. It is noted in the audit log. It cannot be undone.`;

/** Commands about single records. */
export function registerRecords(program: Command): void {
  const example = `records erase hris_employees ${EXAMPLE_ID} 26vafvWSRmbhNcxJYqjCzuJg`;
  const group = addGroup(program, 'records', 'Erase single records', [example]);
  const erase = addCommand(
    group,
    'erase <table> <integration> <record>',
    'Erase what is kept of one record, for example when a customer asks for it',
    [example, `${example} --yes`],
  )
    .addHelpText('after', HELP)
    .option('--yes', 'do not ask')
    .action(run(['DATABASE_URL'], () => import('../commands/erase-record.ts')));
  erase.registeredArguments[1]!.argParser(parseId);
}
