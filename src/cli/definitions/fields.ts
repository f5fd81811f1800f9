import type { Command } from 'commander';
import { addCommand, addGroup } from '../support/define.ts';
import { EXAMPLE_ID, parseCount } from '../support/options.ts';
import { run } from '../support/run.ts';

const LIST_HELP = `
An excluded field is stored neither in a column nor in raw; of a hashed field, only the hash is stored. Choose with
EXCLUDE_FIELDS and HASH_FIELDS. A rule also applies to a record of its table that is nested in another record.`;

const PURGE_HELP = `
It removes the values that EXCLUDE_FIELDS names from the stored rows, and hashes those that HASH_FIELDS names; the change feed
does not show this. It erases the rows of models that are not chosen (MODELS, EXCLUDE_MODELS, integrations set); the change
feed shows this. Run setup first, so that no worker writes them again. If it stops early, run it again. It cannot be undone.`;

/** Commands about the fields of records. */
export function registerFields(program: Command): void {
  const fields = addGroup(
    program,
    'fields',
    'Look at the fields of the records, and choose which are stored',
    ['fields list hris_employees', 'fields purge'],
  );
  addCommand(
    fields,
    'list [table]',
    'List every field with its type, how sensitive it is, and whether it is stored, hashed or excluded',
    ['fields list', 'fields list hris_employees'],
  )
    .addHelpText('after', LIST_HELP)
    .action(run([], () => import('../fields/list.ts')));
  addCommand(fields, 'purge', 'Erase the stored values of fields that are excluded or hashed now', [
    'fields purge',
    'fields purge --yes',
  ])
    .addHelpText('after', PURGE_HELP)
    .option('--yes', 'do not ask')
    .action(run(['DATABASE_URL'], () => import('../fields/purge.ts')));
  addCommand(
    fields,
    'undocumented [id]',
    'List the fields that Kombo sends and that have no column yet; they are kept in raw',
    ['fields undocumented', `fields undocumented ${EXAMPLE_ID} --endpoint /hris/employees`],
  )
    .option('--endpoint <path>', 'only this endpoint')
    .option('--sample <n>', 'records of each table to look at', parseCount(10_000_000), 10_000)
    .action(run(['DATABASE_URL'], () => import('../fields/undocumented.ts')));
}
