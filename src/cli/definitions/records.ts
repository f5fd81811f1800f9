import type { Command } from 'commander';
import { addCommand, addGroup } from '../support/define.ts';
import { EXAMPLE_ID, parseId } from '../support/options.ts';
import { run } from '../support/run.ts';

const HELP = `
It erases the fields of the row, and copies that could not be stored. The row stays with its key, the change feed says
"erased", and the command lists other records that name it. The audit log records it. It cannot be undone.`;

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
