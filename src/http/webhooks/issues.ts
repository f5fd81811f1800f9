import type { Issue } from '../../domain/issues.ts';
import { signalIssue } from '../../temporal/start-issue.ts';
import { within } from '../../within.ts';
import type { HttpDeps } from '../deps.ts';

export interface IssueSender {
  /** Stores an issue durably; resolves only after that, and rejects if it takes longer than `withinMs`. */
  send(issue: Issue, withinMs: number): Promise<void>;
  /** Resolves when every send is over. Then the connection may be closed. */
  idle(): Promise<void>;
}

/** The way from a delivery about an issue to Temporal. There are few, so each is sent on its own. */
export function createIssueSender({ temporal, config, sendIssue }: HttpDeps): IssueSender {
  const { client } = temporal;
  const sending = new Set<Promise<unknown>>();
  const store = sendIssue ?? ((issue) => signalIssue(client, config, issue));
  return {
    async send(issue, withinMs) {
      const sent = client.withDeadline(Date.now() + withinMs, () => store(issue));
      sending.add(sent);
      const forget = () => sending.delete(sent);
      sent.then(forget, forget);
      await within(withinMs, sent);
    },
    async idle() {
      await Promise.allSettled(sending);
    },
  };
}
