import type { Command } from 'commander';
import { TIME_AND_NUMBER } from '../../operations/cursor.ts';
import { addCommand, addGroup } from '../support/define.ts';
import { EXAMPLE_ID, parseCount, parseCursor, parseList, parseSince } from '../support/options.ts';
import { run } from '../support/run.ts';

export function registerSyncs(program: Command): void {
  const group = addGroup(program, 'sync', 'Start and cancel syncs by hand, and look at past ones', [
    `sync now ${EXAMPLE_ID}`,
    `sync full ${EXAMPLE_ID} --wait`,
    `sync cancel ${EXAMPLE_ID}`,
  ]);

  addCommand(group, 'now <id>', 'Read what has changed now, without waiting for a webhook', [
    `sync now ${EXAMPLE_ID}`,
    `sync now ${EXAMPLE_ID} --models hris_employees,hris_absences`,
  ])
    .option('--models <names>', 'only the endpoints of these models (default: every endpoint)', parseList)
    .action(run(['DATABASE_URL'], () => import('../sync/now.ts')));

  addCommand(group, 'full [id]', 'Read everything again, find deletions, and report drift', [
    `sync full ${EXAMPLE_ID} --wait`,
    `sync full ${EXAMPLE_ID} --models hris_employees --since 2026-01-01`,
    'sync full --all --per-minute 30 --wait',
  ])
    .option('--all', 'every active integration')
    .option('--models <names>', 'only the endpoints of these models (default: every endpoint)', parseList)
    .option(
      '--since <date>',
      'only what changed since then (UTC unless it says otherwise); such a sync deletes nothing',
      parseSince,
    )
    .option('--allow-mass-deletion', 'let it delete more than SWEEP_MAX_SHARE of a table')
    .option(
      '--per-minute <n>',
      'with --all: how many begin per minute, after the first ten',
      parseCount(6_000),
      60,
    )
    .option('--wait', 'show progress and end with the result: 0 only if every endpoint completed')
    .action(run(['DATABASE_URL'], () => import('../sync/full.ts')));

  addCommand(group, 'cancel <id>', 'Cancel the syncs of an integration; what they have not read is owed', [
    `sync cancel ${EXAMPLE_ID}`,
    `sync cancel ${EXAMPLE_ID} --reason "Kombo asked for it"`,
  ])
    .option('--reason <text>', 'why, for the audit log')
    .action(run(['DATABASE_URL'], () => import('../sync/cancel.ts')));

  addCommand(group, 'history <id>', 'List the newest syncs of an integration', [
    `sync history ${EXAMPLE_ID} --limit 5`,
  ])
    .option('--limit <n>', 'syncs at most', parseCount(1_000), 20)
    .option('--after <next>', 'continue after "next" of an earlier answer', parseCursor(TIME_AND_NUMBER))
    .action(run(['DATABASE_URL'], () => import('../sync/history.ts')));
}
