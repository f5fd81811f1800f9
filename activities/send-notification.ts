import { activityInfo, ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import type { NotifyTarget } from '../src/domain/conditions.ts';
import { testNotification, type Notification, type NotifyInput } from '../src/domain/notification.ts';
import { findUnsent, noteTry } from '../src/store/state/told.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { post, signedHeaders } from './support/post.ts';

const SETTING: Record<NotifyTarget, string> = { webhook: 'NOTIFY_URL', slack: 'NOTIFY_SLACK_URL' };

/** Sends a notification once. Each try has the same id, so that a receiver knows one that it has already. */
export function createSendNotification(deps: ActivityDeps) {
  return async function sendNotification({ id, target, test }: NotifyInput): Promise<void> {
    return asFailures(async () => {
      const setting = SETTING[target];
      const body = test
        ? JSON.stringify(testNotification(new Date()))
        : (await findUnsent(deps.store, id))?.body;
      if (body === undefined) return;
      const wrong = await send(deps, { id, target, body });
      if (!test) await noteTry(deps.store, id, wrong ?? null);
      deps.meter?.notified({ target, outcome: wrong === undefined ? 'sent' : 'failed' });
      if (wrong === undefined) {
        deps.log.info({ notification: id, target }, 'notification sent');
        return;
      }
      const { attempt } = activityInfo();
      deps.log.warn({ notification: id, target, attempt, reason: wrong }, 'notification not taken');
      throw ApplicationFailure.create({ type: 'NotTaken', message: `The receiver of ${setting} ${wrong}.` });
    });
  };
}

/** Undefined if it was taken, or if nothing is to be sent there any more; else why it was not. */
async function send(
  { settings }: ActivityDeps,
  { id, target, body }: { id: string; target: NotifyTarget; body: string },
): Promise<string | undefined> {
  const signal = cancellationSignal();
  if (target === 'slack') {
    const { NOTIFY_SLACK_URL: url } = settings;
    if (!url) return NOT_SET;
    return post({ url, body: slackBody(body), signal });
  }
  const { NOTIFY_URL: url, NOTIFY_SECRET: secrets } = settings;
  if (!url || !secrets) return NOT_SET;
  return post({ url, body, headers: signedHeaders({ id, body, at: new Date() }, secrets), signal });
}

const NOT_SET = 'is not known to this worker: the setting is missing';

/** Slack takes these three for markup. */
function slackBody(body: string): string {
  const { text } = (JSON.parse(body) as Notification).data;
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return JSON.stringify({ text: plain });
}
