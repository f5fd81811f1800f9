import type { Command } from 'commander';
import { addCommand, addGroup } from '../support/define.ts';
import { run } from '../support/run.ts';

/** What tells operators of trouble. */
export function registerNotify(program: Command): void {
  const group = addGroup(program, 'notify', 'Notifications of what needs you', ['notify test']);
  addCommand(
    group,
    'test',
    'Have a worker send a test to NOTIFY_URL and NOTIFY_SLACK_URL, and say whether it was taken',
    ['notify test'],
  ).action(run([], () => import('../commands/notify-test.ts')));
}
