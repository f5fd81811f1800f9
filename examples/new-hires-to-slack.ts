/**
 * Posts new employees to Slack, from now on. A message is an effect elsewhere, so it comes at least once: after a crash it may be
 * posted again. While Slack is away it is tried again with pauses; what Slack refuses is skipped, for `consumers retry`.
 *
 *   DATABASE_URL=postgres://… SLACK_URL=https://hooks.slack.com/… \
 *     npx node --conditions=kombo-sync-source examples/new-hires-to-slack.ts
 */
import { consumeChanges } from 'kombo-sync/consumer';

const slack = process.env['SLACK_URL']!;
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

class Refused extends Error {}

await consumeChanges({
  connectionString: process.env['DATABASE_URL']!,
  consumer: 'new-hires-to-slack',
  tables: ['hris_employees'],
  from: 'now',
  // So that a crash repeats one message at most.
  batch: 1,
  signal: stop.signal,
  async handle({ changes }) {
    for (const { op, row, originId } of changes) {
      if (op !== 'created' || row === null || row.deleted_at !== null) continue;
      const text = `${row.display_full_name ?? row.id} has joined ${originId ?? row.integration_id}`;
      const answer = await fetch(slack, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
        signal: AbortSignal.timeout(10_000),
      });
      await answer.body?.cancel();
      if (answer.status >= 500 || answer.status === 429) throw new Error(`Slack answers ${answer.status}`);
      if (!answer.ok) throw new Refused(`Slack refuses the message: ${answer.status}`);
    }
  },
  onError({ error, change, attempt }) {
    process.stderr.write(`${String(error)}, try ${attempt}\n`);
    return change && error instanceof Refused ? 'skip' : 'retry';
  },
});
