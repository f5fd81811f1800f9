import { timeTaken } from '../../domain/duration.ts';
import type { Command } from 'commander';
import { cancelledText } from '../support/integration-text.ts';
import type { SyncSummary } from '../../store/reports/history.ts';
import { addCommand, addGroup } from '../support/define.ts';
import { countsText, relative, table } from '../support/format.ts';
import { parseCount, parseList } from '../support/options.ts';
import { run } from '../support/run.ts';
import { registerSyncFull } from './full.ts';

const EXAMPLE_ID = 'personio:CBNMt7dSNCzBdnRTx87dev4E';

export function register(program: Command): void {
  const group = addGroup(program, 'sync', 'Start and cancel syncs by hand, and look at past ones', [
    `sync now ${EXAMPLE_ID}`,
    `sync full ${EXAMPLE_ID} --wait`,
    `sync cancel ${EXAMPLE_ID}`,
  ]);
  registerSyncNow(group);
  registerSyncFull(group);
  registerSyncCancel(group);
  registerSyncHistory(group);
}

function registerSyncNow(group: Command): void {
  addCommand(group, 'now <id>', 'Read what has changed now, without waiting for a webhook', [
    `sync now ${EXAMPLE_ID}`,
    `sync now ${EXAMPLE_ID} --models hris_employees,hris_absences`,
  ])
    .option('--models <names>', 'only the endpoints of these models (default: every endpoint)', parseList)
    .action(
      run(['DATABASE_URL'], async (context, id: string, options: { models?: string[] }) => {
        const { syncNow } = await import('../../operations/syncs.ts');
        const sync = await syncNow(await context.operations(), id, options);
        const run = `workflow ${sync.workflowId}, run ${sync.runId}.`;
        context.print({ integrationId: id, ...sync }, () =>
          sync.alreadyRunning
            ? `A sync of ${id} runs or waits already, and this joins it: ${run} What was asked for is read next.`
            : `A sync of ${id} starts now: ${run}`,
        );
      }),
    );
}

function registerSyncCancel(group: Command): void {
  addCommand(group, 'cancel <id>', 'Cancel the syncs of an integration; what they have not read is owed', [
    `sync cancel ${EXAMPLE_ID}`,
  ]).action(
    run(['DATABASE_URL'], async (context, id: string) => {
      const { cancelSyncs } = await import('../../operations/syncs.ts');
      const { cancelled } = await cancelSyncs(await context.operations(), id);
      context.print({ integrationId: id, cancelled }, () =>
        cancelled.length === 0
          ? `Nothing runs for ${id}, so there is nothing to cancel.`
          : [
              ...cancelledText(cancelled),
              'What was not read is owed: the next sync reads it.',
              `To stop reading for longer: kombo-sync integrations pause ${id} --reason <text>`,
            ].join('\n'),
      );
    }),
  );
}

function registerSyncHistory(group: Command): void {
  addCommand(group, 'history <id>', 'List the newest syncs of an integration', [
    `sync history ${EXAMPLE_ID} --limit 5`,
  ])
    .option('--limit <n>', 'syncs at most', parseCount(1_000), 20)
    .action(
      run(['DATABASE_URL'], async (context, id: string, options: { limit: number }) => {
        const { listSyncs } = await import('../../store/reports/history.ts');
        const { requireIntegration } = await import('../../operations/require.ts');
        const store = await context.store();
        await requireIntegration(store, id);
        const { entries: syncs } = await listSyncs(store, { integrationId: id, limit: options.limit });
        context.print({ integrationId: id, syncs }, () =>
          syncs.length === 0 ? 'There was no sync yet.' : historyTable(syncs),
        );
      }),
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
