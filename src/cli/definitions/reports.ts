import type { Command } from 'commander';
import { TIME_AND_NUMBER } from '../../operations/cursor.ts';
import { addCommand, addGroup } from '../support/define.ts';
import { EXAMPLE_ID, parseCount, parseCursor, parseId, parsePosition } from '../support/options.ts';
import { addPageOptions } from '../support/page-options.ts';
import { run } from '../support/run.ts';

const CUTOVER_HELP = `
ready: data-changed reports everything that the legacy webhooks (sync-finished, remote-event-received) report, and the
copy is whole and fresh. wait: this has not shown yet. blocked: you must do something first. Ends with 0 when all are ready,
with 1 when not.`;

/** Commands that show something and change nothing. */
export function registerReports(program: Command): void {
  const status = addCommand(
    program,
    'status [id]',
    'Show how fresh the copies are and what fails; with an id, endpoint by endpoint',
    ['status', 'status --failing', 'status --search acme --limit 20', `status ${EXAMPLE_ID}`],
  );
  addPageOptions(status).action(run(['DATABASE_URL'], () => import('../status/index.ts')));

  const schedule = addGroup(program, 'schedule', 'Look at the schedules of an integration', [
    `schedule show ${EXAMPLE_ID}`,
  ]);
  addCommand(schedule, 'show <id>', 'Show when the weekly full sync and the catch-up run next', [
    `schedule show ${EXAMPLE_ID}`,
  ]).action(run([], () => import('../commands/schedule.ts')));

  addCommand(
    program,
    'drift <id>',
    'Show what the full syncs of an integration had to repair, newest first',
    [`drift ${EXAMPLE_ID} --limit 20`],
  )
    .option('--limit <n>', 'reports at most', parseCount(10_000), 100)
    .option('--after <next>', 'continue after "next" of an earlier answer', parseCursor(TIME_AND_NUMBER))
    .action(run(['DATABASE_URL'], () => import('../commands/drift.ts')));

  addCommand(
    program,
    'cutover [id]',
    'Say whether the legacy webhooks can be switched off, and what is missing; exit 1 when not',
    ['cutover', `cutover ${EXAMPLE_ID}`, 'cutover --all', 'cutover --syncs 10 --json'],
  )
    .addHelpText('after', CUTOVER_HELP)
    .option('--all', 'show every integration that is not ready, not only the first hundred')
    .option('--syncs <n>', 'how many of the last changes by a legacy webhook are judged', parseCount(100), 5)
    .action(run(['DATABASE_URL'], () => import('../commands/cutover.ts')));

  addCommand(program, 'audit [id]', 'Show what was done by command or API, newest first', [
    'audit',
    `audit ${EXAMPLE_ID} --limit 20`,
    'audit --before 1200   (continue after act 1200)',
  ])
    .option('--limit <n>', 'acts at most', parseCount(10_000), 50)
    .option('--before <n>', 'only acts before the one with this number', parseCount(Number.MAX_SAFE_INTEGER))
    .action(run(['DATABASE_URL'], () => import('../commands/audit.ts')));

  addCommand(program, 'changes', 'Read the change feed: one line for each record that really changed', [
    'changes --follow',
    'changes --after oldest --table ats_applications --limit 20',
    'changes --follow --json   (one JSON document for each change)',
  ])
    .option('--follow', 'continue with new changes, until Ctrl-C')
    .option(
      '--after <seq>',
      'start after this position; "oldest" is the oldest change that is kept (default: 0, the beginning; with --follow: what comes from now on)',
      parsePosition,
    )
    .option('--integration <id>', 'only this integration', parseId)
    .option('--table <name>', 'only this table, for example ats_applications')
    .option('--limit <n>', 'changes at most, without --follow', parseCount(100_000), 100)
    .action(run(['DATABASE_URL'], () => import('../commands/changes.ts')));
}
