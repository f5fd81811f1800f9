import type { Command } from 'commander';
import { addCommand, addGroup } from '../support/define.ts';
import { EXAMPLE_ID, parseCount, parseModels } from '../support/options.ts';
import { addPageOptions } from '../support/page-options.ts';
import { run } from '../support/run.ts';

const ADD_HELP = `
With --file you add many: one id per line (blank lines and # comments are allowed), a JSON array of ids, or CSV with
the ids in the first column. Kombo has no endpoint that lists integrations: take the ids from your own database or from
the Kombo dashboard. What the file does not name is added when a webhook names it.
You can repeat it: integrations that exist stay as they are, and those that failed are tried again.`;

const SET_HELP = `
It narrows what the settings MODELS and EXCLUDE_MODELS choose for all integrations. Name models or tables; * stands for any
text. Kombo is not asked for what is not chosen; its rows stay until you erase them. What you newly choose is read in
full. An option that you leave out changes nothing.`;

export function registerIntegrations(program: Command): void {
  const group = addGroup(
    program,
    'integrations',
    'List and show integrations; add, set, pause and remove them',
    [
      'integrations list --failing',
      `integrations add ${EXAMPLE_ID}`,
      'integrations add --file ids.txt',
      `integrations pause ${EXAMPLE_ID} --reason "the customer moves to another tool"`,
    ],
  );

  const list = addCommand(group, 'list', 'List the integrations, or those that only webhooks have named', [
    'integrations list',
    'integrations list --status parked --search acme',
    'integrations list --all --json',
    'integrations list --unknown   (ids that webhooks named and Kombo does not know)',
  ]);
  addPageOptions(list)
    .option('--unknown', 'instead, the ids that webhooks named and that Kombo does not know')
    .action(run(['DATABASE_URL'], () => import('../integrations/list.ts')));

  addCommand(group, 'show <id>', 'Show one integration, its status and the webhooks about it', [
    `integrations show ${EXAMPLE_ID}`,
  ]).action(run(['DATABASE_URL'], () => import('../integrations/show.ts')));

  addCommand(group, 'add [id]', 'Look integrations up at Kombo, add them, and start their first full syncs', [
    `integrations add ${EXAMPLE_ID}`,
    `integrations add ${EXAMPLE_ID} --no-sync`,
    `integrations add ${EXAMPLE_ID} --force`,
    'integrations add --file ids.txt --per-minute 30',
    'psql -Atc "select kombo_integration_id from customers" | kombo-sync integrations add --file -',
  ])
    .addHelpText('after', ADD_HELP)
    .option('--no-sync', 'do not start the first full sync')
    .option('--force', 'bring it back even if a webhook or Kombo said that it was deleted')
    .option('--file <path>', 'add all that this file names; - is stdin')
    .option(
      '--per-minute <n>',
      'with --file: how many first full syncs begin per minute, after the first ten',
      parseCount(6_000),
      60,
    )
    .action(run(['KOMBO_API_KEY', 'DATABASE_URL'], () => import('../integrations/add.ts')));

  addCommand(group, 'set <id>', 'Choose which models are read for an integration', [
    `integrations set ${EXAMPLE_ID} --models hris_employees,hris_groups`,
    `integrations set ${EXAMPLE_ID} --exclude-models 'hris_time_*' --erase`,
    `integrations set ${EXAMPLE_ID} --models '*' --exclude-models none`,
  ])
    .addHelpText('after', SET_HELP)
    .option('--models <names>', "only these models or tables; '*' for all that MODELS allows", parseModels)
    .option(
      '--exclude-models <names>',
      'never these, even if --models picks them; none for none',
      parseModels,
    )
    .option('--erase', 'erase the rows of what is no longer chosen')
    .option('--yes', 'with --erase: do not ask')
    .action(run(['DATABASE_URL'], () => import('../integrations/set.ts')));

  addCommand(group, 'pause <id>', 'Stop reading an integration until you resume it', [
    `integrations pause ${EXAMPLE_ID} --reason "the customer moves to another tool"`,
  ])
    .requiredOption('--reason <text>', 'why you pause it; the status shows it')
    .action(run(['DATABASE_URL'], () => import('../integrations/pause.ts')));

  addCommand(
    group,
    'resume <id>',
    'Go on with a paused integration, beginning with what was missed meanwhile',
    [`integrations resume ${EXAMPLE_ID}`, `integrations resume ${EXAMPLE_ID} --reason "the move is over"`],
  )
    .option('--reason <text>', 'why, for the audit log')
    .action(run(['DATABASE_URL'], () => import('../integrations/resume.ts')));

  addCommand(group, 'remove <id>', 'Stop reading an integration, and erase its data later', [
    `integrations remove ${EXAMPLE_ID}`,
    `integrations remove ${EXAMPLE_ID} --erase`,
  ])
    .option('--erase', 'erase its data now, without waiting for DELETED_RETENTION')
    .option('--yes', 'with --erase: do not ask')
    .action(run(['DATABASE_URL'], () => import('../integrations/remove.ts')));
}
