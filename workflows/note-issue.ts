import { CancellationScope, setHandler } from '@temporalio/workflow';
import { newerIssue, readIssue, type Issue } from '../src/domain/issues.ts';
import { issueChanged } from './messages.ts';
import { noteIssue as note } from './proxies.ts';

/**
 * Brings one issue of Kombo's to Postgres: started by signal-with-start, so that Temporal has it before the webhook is
 * answered, and Postgres may be down. It ends when Postgres has the newest version that it has heard of.
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
  // Nothing else would tell of it, so a cancellation does not end it.
  await CancellationScope.nonCancellable(async () => {
    for (let noted: Issue | undefined; heard !== noted;) {
      noted = heard;
      if (noted) await note(noted);
    }
  });
}
