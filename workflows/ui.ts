import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { searchAttributes, type Labels } from '../src/domain/names.ts';
import { type EndpointOutcome } from '../src/domain/sync.ts';
import { addCounts, NO_COUNTS } from '../src/domain/counts.ts';
import { type OpenPass } from '../src/domain/reads.ts';

/* What Temporal's UI shows about a run. */

/**
 * Adds the search attributes that the starter did not give, for example the plain `temporal` CLI.
 *
 * @param unusable those that the server would refuse: one of them would block the run.
 */
export function labelRun(labels: Labels, unusable: readonly string[] = []): void {
  const has = workflowInfo().typedSearchAttributes;
  const missing = searchAttributes(labels).filter(
    ({ key }) => has.get(key) === undefined && !unusable.includes(key.name),
  );
  if (missing.length > 0) upsertSearchAttributes(missing);
}

/** The reads under way and those that are done (markdown). */
export function describeProgress(
  reading: readonly OpenPass[],
  done: readonly EndpointOutcome[],
  retryAt?: number,
): string {
  return [
    ...(retryAt === undefined
      ? []
      : [`next try at ${new Date(retryAt).toISOString()}, or with the next webhook`, '']),
    ...reading.map(describeReading),
    ...done.map(describeOutcome),
    '',
    describeTotal(done),
  ].join('\n');
}

function describeReading({ endpoint, kind, because, waitsUntil }: OpenPass): string {
  const waits = waitsUntil === undefined ? '' : `, waits until ${new Date(waitsUntil).toISOString()}`;
  return `- reading \`${endpoint}\` (${kind}, ${because}${waits})`;
}

function describeOutcome(outcome: EndpointOutcome): string {
  const { endpoint, kind, status, reason } = outcome;
  if (status === 'failed') return `- **failed** \`${endpoint}\` (${kind}): ${reason?.message ?? ''}`;
  if (status === 'skipped') return `- skipped \`${endpoint}\`: ${reason?.message ?? ''}`;
  const { created, updated, deleted, unchanged } = outcome.counts;
  return `- \`${endpoint}\` (${kind}): ${created} created, ${updated} updated, ${deleted} deleted, ${unchanged} unchanged`;
}

function describeTotal(done: readonly EndpointOutcome[]): string {
  const { records, created, updated, deleted } = done.reduce(
    (sum, outcome) => addCounts(sum, outcome.counts),
    NO_COUNTS,
  );
  return `${done.length} endpoints, ${records} records read: ${created} created, ${updated} updated, ${deleted} deleted`;
}
