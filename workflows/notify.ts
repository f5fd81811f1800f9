import type { NotifyInput } from '../src/domain/notification.ts';
import { readNotifyInput } from './input.ts';
import { sendNotification, sendTest } from './proxies.ts';

/** Sends one notification to one target, until it is taken. What it says stays in Postgres. */
export async function notify(untrusted: NotifyInput): Promise<void> {
  const input = readNotifyInput(untrusted);
  await (input.test ? sendTest(input) : sendNotification(input));
}
