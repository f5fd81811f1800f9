import { testNotifications, type TestedTarget } from '../../operations/notify-test.ts';
import { targetsOf } from '../../operations/tell.ts';
import type { Context } from '../support/context.ts';
import { EXIT, failed, type ExitCode } from '../support/errors.ts';

export async function handle(context: Context): Promise<ExitCode> {
  const { config } = context;
  if (targetsOf(config).length === 0) {
    throw failed('Notifications are off. Set NOTIFY_URL and NOTIFY_SECRET, or NOTIFY_SLACK_URL.');
  }
  const tested = await testNotifications({ config, temporal: await context.temporal() });
  context.print(tested, () => tested.map(line).join('\n'));
  if (tested.some(({ outcome }) => outcome === 'no_worker')) return EXIT.unreachable;
  return tested.every(({ outcome }) => outcome === 'sent') ? EXIT.done : EXIT.failed;
}

function line({ target, id, outcome, message }: TestedTarget): string {
  return outcome === 'sent' ? `✓ ${target}: sent ${id}` : `✗ ${target}: ${message}`;
}
