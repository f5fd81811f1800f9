import { CancellationScope, setHandler } from '@temporalio/workflow';
import { newerIssue, readIssue, type Issue } from '../src/domain/issues.ts';
import { issueChanged } from './messages.ts';
import { noteIssue as note } from './proxies.ts';

/**
 * Writes one issue of Kombo to Postgres. Signal-with-start starts it, so that Temporal has the issue before the webhook
 * is answered, even if Postgres is down. It ends when Postgres has the newest version that it has received.
 */
export async function noteIssue(): Promise<void> {
  let heard: Issue | undefined;
  setHandler(
    issueChanged,
    (message) => {
      const issue = readIssue(message, new Date(Date.now()));
      if (issue) heard = newerIssue(heard, issue);
    },
    { description: 'An issue was raised or resolved at Kombo.' },
  );
  // Nothing else reports the issue, so a cancellation does not end this.
  await CancellationScope.nonCancellable(async () => {
    for (let noted: Issue | undefined; heard !== noted;) {
      noted = heard;
      if (noted) await note(noted);
    }
  });
}
