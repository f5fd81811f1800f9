import type { IntegrationPage } from '../../operations/show.ts';
import { readName } from '../../store/reports/status.ts';
import { relative, table } from '../support/format.ts';
import { nextLook, nextTry } from '../support/integration-text.ts';
import type { PageOptions } from '../support/page-options.ts';
import { footer } from '../support/pages.ts';

/** How fresh the integrations on a page are, followed by what is wrong with them. */
export function statusListText(page: IntegrationPage, options: PageOptions): string {
  const rows = page.integrations.map((one) => [
    one.id,
    one.category,
    one.status,
    one.readsNothing ? 'nothing chosen' : relative(one.freshAsOf),
    relative(one.lastSyncAt),
    one.runningPasses > 0 ? `${one.runningPasses} endpoints, ${one.runningRecords} records so far` : null,
    one.drift,
    one.failedEndpoints.join(', '),
  ]);
  const head = [
    'INTEGRATION',
    'CATEGORY',
    'STATUS',
    'FRESH AS OF',
    'LAST SYNC',
    'READING',
    'DRIFT',
    'FAILING',
  ];
  return [table(head, rows), troubles(page), footer('status', options, page)]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** One line for each problem. */
function troubles({ integrations, failing, issues }: IntegrationPage): string {
  const rows = [
    ...issues.map((one) => [
      one.integrationId ?? 'all',
      'issue at Kombo',
      relative(one.firstObservedAt),
      null,
      null,
      `${one.title} (${one.type})`,
    ]),
    ...integrations
      .filter(({ status }) => status === 'parked' || status === 'paused')
      .map((one) => [one.id, one.status, relative(one.statusSince), null, nextLook(one), one.statusReason]),
    ...failing.map((one) => [
      one.integrationId,
      readName(one),
      relative(one.since),
      String(one.failures),
      one.needsAttention ? 'needs you' : nextTry(one.nextTryAt),
      one.message,
    ]),
  ];
  return rows.length === 0 ? '' : table(['INTEGRATION', 'WHAT', 'SINCE', 'TRIES', 'NEXT TRY', 'WHY'], rows);
}
