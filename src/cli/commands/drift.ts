import { requireIntegration } from '../../operations/require.ts';
import { listDrift } from '../../store/reports/history.ts';
import type { Context } from '../support/context.ts';
import { relative, table } from '../support/format.ts';

export async function handle(context: Context, id: string, options: { limit: number }): Promise<void> {
  const store = context.store();
  await requireIntegration(store, id);
  const { entries: reports } = await listDrift(store, { integrationId: id, limit: options.limit });
  context.print({ integrationId: id, reports }, () => {
    if (reports.length === 0) return 'No report yet: the second full sync of an endpoint makes the first.';
    return table(
      ['AT', 'ENDPOINT', 'MISSING', 'STALE', 'WRONGLY LIVE', 'WRONGLY DELETED', 'EXPECTED', 'VERDICT'],
      reports.map(({ at, endpoint, counts, verdict }) => [
        relative(at),
        endpoint,
        counts.missing,
        counts.stale,
        counts.wronglyLive,
        counts.wronglyDeleted,
        counts.expected,
        verdict,
      ]),
    );
  });
}
