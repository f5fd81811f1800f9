import type { Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { relative, table } from '../support/format.ts';
import { parseCount } from '../support/options.ts';
import { run } from '../support/run.ts';

export function register(program: Command): void {
  addCommand(
    program,
    'drift <id>',
    'Show what the full syncs of an integration had to repair, newest first',
    ['drift personio:CBNMt7dSNCzBdnRTx87dev4E --limit 20'],
  )
    .option('--limit <n>', 'reports at most', parseCount(10_000), 100)
    .action(
      run(['DATABASE_URL'], async (context, id: string, options: { limit: number }) => {
        const { listDrift } = await import('../../store/reports/history.ts');
        const { requireIntegration } = await import('../../operations/require.ts');
        const store = await context.store();
        await requireIntegration(store, id);
        const { entries: reports } = await listDrift(store, { integrationId: id, limit: options.limit });
        context.print({ integrationId: id, reports }, () => {
          if (reports.length === 0)
            return 'No report yet: the second full sync of an endpoint makes the first.';
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
      }),
    );
}
