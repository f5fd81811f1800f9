import { requireIntegration } from '../../operations/require.ts';
import { timeTaken } from '../../domain/duration.ts';
import { listSyncs, type SyncSummary } from '../../store/reports/history.ts';
import type { Context } from '../support/context.ts';
import { countsText, relative, table } from '../support/format.ts';

export async function handle(context: Context, id: string, options: { limit: number }): Promise<void> {
  const store = context.store();
  await requireIntegration(store, id);
  const { entries: syncs } = await listSyncs(store, { integrationId: id, limit: options.limit });
  context.print({ integrationId: id, syncs }, () =>
    syncs.length === 0 ? 'There was no sync yet.' : historyTable(syncs),
  );
}

function historyTable(syncs: SyncSummary[]): string {
  return table(
    ['STARTED', 'TOOK', 'KIND', 'TRIGGER', 'STATUS', 'ENDPOINTS', 'RESULT', 'FAILED'],
    syncs.map((sync) => [
      relative(sync.startedAt),
      sync.finishedAt ? timeTaken(sync.finishedAt.getTime() - sync.startedAt.getTime()) : null,
      sync.kind,
      sync.trigger,
      sync.status,
      sync.passes.length,
      countsText(sync.counts),
      sync.passes
        .filter((pass) => pass.state === 'failed')
        .map((pass) => `${pass.endpoint} (${pass.error?.code ?? 'unknown'})`)
        .join(', '),
    ]),
  );
}
