import { shellWord } from '../../domain/text.ts';
import { DRIFT_COUNTS } from '../../domain/counts.ts';
import { showDrift, type DriftPage } from '../../operations/show.ts';
import type { HistoryKey } from '../../store/reports/history.ts';
import type { Context } from '../support/context.ts';
import { moreText, relative, table } from '../support/format.ts';

interface Options {
  after?: HistoryKey;
  limit: number;
}

export async function handle(context: Context, id: string, { after, limit }: Options): Promise<void> {
  const page = await showDrift(await context.reading(), { integrationId: id, after, limit });
  context.print(page, () => driftText(id, page));
}

function driftText(id: string, { drift, next }: DriftPage): string {
  if (drift.length === 0) return 'No report yet: the second full sync of an endpoint makes the first.';
  const rows = drift.map(({ at, endpoint, counts, verdict }) => [
    relative(at),
    endpoint,
    ...DRIFT_COUNTS.map((name) => counts[name]),
    verdict,
  ]);
  return [
    table(['AT', 'ENDPOINT', ...DRIFT_COUNTS.map(heading), 'VERDICT'], rows),
    ...moreText(next, `Earlier ones: kombo-sync drift ${shellWord(id)}`),
  ].join('\n');
}

/** For example WRONGLY LIVE. */
const heading = (name: string) => name.replaceAll(/[A-Z]/g, ' $&').toUpperCase();
