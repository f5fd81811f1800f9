import { spanOfTime } from '../../domain/duration.ts';
import type { Adopted, Adoption } from '../../operations/adopt.ts';
import { plural, relative, table } from '../support/format.ts';

type Counts = Record<Adopted['outcome'], number>;

export function countOutcomes(integrations: readonly Adopted[]): Counts {
  const counts: Counts = { added: 0, known: 0, failed: 0 };
  for (const { outcome } of integrations) counts[outcome] += 1;
  return counts;
}

/** For example `3 added, 1 there already, 0 failed`. */
export function countsLine({ added, known, failed }: Counts): string {
  return `${added} added, ${known} there already, ${failed} failed`;
}

/** Too few to go by. */
const FIRST = 10;

/** As `120 of 400: 119 added, 0 there already, 1 failed, about 2 min left`: by the speed so far. */
export function progressLine(counts: Counts, of: number, elapsedMs: number): string {
  const done = counts.added + counts.known + counts.failed;
  const leftMs = ((of - done) * elapsedMs) / Math.max(1, done);
  const left = done >= FIRST && done < of ? `, about ${spanOfTime(Math.max(1_000, leftMs))} left` : '';
  return `${done} of ${of}: ${countsLine(counts)}${left}`;
}

/** What became of all of them; those that are not as they should be by name. */
export function adoptionText(
  { integrations, left, lastBeginsAt }: Adoption,
  duplicates: number,
  stopped: string | undefined,
): string {
  const syncs = (['started', 'running', 'waiting'] as const).flatMap((state) => {
    const count = integrations.filter(({ sync }) => sync === state).length;
    return count > 0 ? [`${count} ${SYNC_WORDS[state]}`] : [];
  });
  const lines = [
    `${plural(integrations.length, 'integration')}: ${countsLine(countOutcomes(integrations))}.`,
  ];
  if (duplicates > 0) lines.push(`Named more than once: ${duplicates}.`);
  if (syncs.length > 0) lines.push(`First full syncs: ${syncs.join(', ')}.`);
  if (lastBeginsAt) lines.push(`The last of them begins ${relative(lastBeginsAt)}.`);
  const named = integrations.filter(({ message }) => message !== null);
  if (named.length > 0) {
    const rows = named.map(({ id, outcome, message }) => [
      id,
      outcome === 'failed' ? 'failed' : 'waits',
      message,
    ]);
    lines.push('', table(['INTEGRATION', 'WHAT', 'WHY'], rows));
  }
  if (stopped !== undefined) lines.push('', `It has stopped: ${stopped}`);
  if (left > 0) lines.push(`Not tried: ${left}. Run the command again to continue.`);
  return lines.join('\n');
}

const SYNC_WORDS = {
  started: 'started',
  running: 'started before',
  waiting: 'waiting until Kombo can read the tool',
};
