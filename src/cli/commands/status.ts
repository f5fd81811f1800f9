import type { Command } from 'commander';
import type { IntegrationOverview } from '../../store/overview.ts';
import type { EndpointStatus } from '../../store/status.ts';
import { addCommand } from '../define.ts';
import { pairs, relative, table } from '../format.ts';
import { run } from '../run.ts';

export function register(program: Command): void {
  addCommand(program, 'status [id]', 'Show how fresh the copies are; with an id, endpoint by endpoint', [
    'status',
    'status personio:CBNMt7dSNCzBdnRTx87dev4E',
  ]).action(
    run(['DATABASE_URL'], async (context, id: string | undefined) => {
      const { endpointStatuses } = await import('../../store/status.ts');
      const { findOverview, listOverview } = await import('../../store/overview.ts');
      const { requireIntegration } = await import('../../operations/require.ts');
      const store = await context.store();
      if (id !== undefined) await requireIntegration(store, id);
      const extra = context.config.EXTRA_ENDPOINTS;
      const integration = id === undefined ? undefined : await findOverview(store, id, extra);
      if (!integration) {
        const { integrations } = await listOverview(store, { limit: 10_000 }, extra);
        context.print({ integrations }, () => overview(integrations));
        return;
      }
      const endpoints = await endpointStatuses(store, integration.id, extra);
      context.print({ integration, endpoints }, () => details(integration, endpoints));
    }),
  );
}

function overview(integrations: IntegrationOverview[]): string {
  if (integrations.length === 0) {
    return 'There is no integration yet. Kombo announces new ones by webhook; "kombo-sync integrations add <id>" adds one by hand.';
  }
  return table(
    ['INTEGRATION', 'TOOL', 'CATEGORY', 'STATUS', 'FRESH AS OF', 'LAST SYNC', 'RUNNING', 'FAILED'],
    integrations.map((one) => [
      one.id,
      one.tool,
      one.category,
      one.status,
      relative(one.freshAsOf),
      relative(one.lastSyncAt),
      one.runningPasses,
      one.failedEndpoints.join(', '),
    ]),
  );
}

function details(integration: IntegrationOverview, endpoints: EndpointStatus[]): string {
  const head = pairs([
    ['Integration', integration.id],
    ['Tool', `${integration.tool} (${integration.category})`],
    ['Organization', integration.organizationName],
    ['Status', [integration.status, integration.statusReason].filter(Boolean).join(': ')],
    ['Fresh as of', relative(integration.freshAsOf)],
    ['Last sync', relative(integration.lastSyncAt)],
  ]);
  const rows = table(
    ['ENDPOINT', 'STATE', 'FRESH AS OF', 'LAST FULL', 'LIVE ROWS', 'SET ASIDE', 'NOTE'],
    endpoints.map((one) => [
      one.endpoint,
      one.disabled ? 'not offered' : (one.lastPass?.state ?? 'never read'),
      relative(one.watermark),
      relative(one.lastFull),
      one.liveRows,
      one.rejectedRecords,
      noteOf(one),
    ]),
  );
  return `${head}\n\n${rows}`;
}

function noteOf(status: EndpointStatus): string | null {
  if (status.disabled) return status.disabled.message;
  const error = status.lastPass?.state === 'failed' ? status.lastPass.error?.message : undefined;
  return error ?? status.lastPass?.sweepMessage ?? (status.owed ? `a ${status.owed} pass is due` : null);
}
