import { addCounts, NO_COUNTS, type EndpointOutcome, type PlannedPass } from '../src/domain/sync.ts';

/** What Temporal's UI shows of a run while it goes on (markdown). */
export function describeProgress(running: readonly PlannedPass[], done: readonly EndpointOutcome[]): string {
  const lines = running.map((pass) => `- reading \`${pass.endpoint}\` (${pass.kind})`);
  return [...lines, ...done.map(describeOutcome), '', describeTotal(done)].join('\n');
}

/** What it shows once the run has ended. */
export function describeResult(done: readonly EndpointOutcome[]): string {
  return [...done.map(describeOutcome), '', describeTotal(done)].join('\n');
}

/** What it shows while a run waits for its next try. */
export function describeRetry(at: number, done: readonly EndpointOutcome[]): string {
  const failed = done.filter((outcome) => outcome.status === 'failed').map(describeOutcome);
  return [`next try at ${new Date(at).toISOString()}, or with the next webhook`, '', ...failed].join('\n');
}

function describeOutcome(outcome: EndpointOutcome): string {
  if (outcome.status === 'failed')
    return `- **failed** \`${outcome.endpoint}\`: ${outcome.reason?.message ?? ''}`;
  if (outcome.status === 'skipped')
    return `- skipped \`${outcome.endpoint}\`: ${outcome.reason?.message ?? ''}`;
  const { created, updated, deleted, unchanged } = outcome.counts;
  return `- \`${outcome.endpoint}\` (${outcome.kind}): ${created} created, ${updated} updated, ${deleted} deleted, ${unchanged} unchanged`;
}

function describeTotal(done: readonly EndpointOutcome[]): string {
  const { records, created, updated, deleted } = done.reduce(
    (sum, outcome) => addCounts(sum, outcome.counts),
    NO_COUNTS,
  );
  return `${done.length} endpoints, ${records} records read: ${created} created, ${updated} updated, ${deleted} deleted`;
}
