import { shellWord } from '../../domain/text.ts';
import { timeTaken } from '../../domain/duration.ts';
import { showSyncs, type SyncPage } from '../../operations/show.ts';
import {
  quietEndpointsText,
  quietSince,
  quietText,
  type HistoryKey,
  type SyncSummary,
} from '../../store/reports/history.ts';
import type { Context } from '../support/context.ts';
import { countsText, moreText, relative, table } from '../support/format.ts';

interface Options {
  after?: HistoryKey;
  limit: number;
}

export async function handle(context: Context, id: string, { after, limit }: Options): Promise<void> {
  const page = await showSyncs(await context.reading(), { integrationId: id, after, limit });
  context.print(page, () => historyText(id, page));
}

/** A row stands for all quiet checks that came one after the other. */
function resultOf(sync: SyncSummary): string {
  const since = quietSince(sync);
  const found = since ? `${quietText(sync)} since ${relative(since)}` : countsText(sync.counts);
  return [found, quietEndpointsText(sync)].filter(Boolean).join('; ');
}

function historyText(id: string, { syncs, next }: SyncPage): string {
  if (syncs.length === 0) return 'There was no sync yet.';
  const rows = syncs.map((sync) => [
    relative(sync.startedAt),
    sync.finishedAt ? timeTaken(sync.finishedAt.getTime() - sync.startedAt.getTime()) : null,
    sync.kind,
    sync.trigger,
    sync.status,
    sync.passes.length + sync.quietEndpoints,
    resultOf(sync),
    sync.passes
      .filter((pass) => pass.state === 'failed')
      .map((pass) => `${pass.endpoint} (${pass.error?.code ?? 'unknown'})`)
      .join(', '),
  ]);
  const head = ['STARTED', 'TOOK', 'KIND', 'TRIGGER', 'STATUS', 'ENDPOINTS', 'RESULT', 'FAILED'];
  return [
    table(head, rows),
    ...moreText(next, `Earlier ones: kombo-sync sync history ${shellWord(id)}`),
  ].join('\n');
}
