import type { IntegrationPage } from '../../operations/show.ts';
import { readName } from '../../store/reports/status.ts';
import { fullTime, relative, table } from '../support/format.ts';
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
  return [table(head, rows), troubles(page), limitText(page.komboLimit), footer('status', options, page)]
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

/** What is left of Kombo's limit; empty while nothing is known or set. */
export function limitText(limit: IntegrationPage['komboLimit']): string {
  const parts = [
    limit.limit !== null &&
      `${limit.limit} requests a minute for ${limit.countedBy === 'key' ? 'the API key' : 'each integration'}`,
    limit.windowEndsAt && `${limit.remaining} left until ${fullTime(limit.windowEndsAt)}`,
    limit.blockedUntil && `Kombo refuses requests until ${fullTime(limit.blockedUntil)}`,
    limit.requestsPerMinute !== null && `KOMBO_REQUESTS_PER_MINUTE=${limit.requestsPerMinute}`,
    limit.concurrency !== null && `KOMBO_CONCURRENCY=${limit.concurrency}`,
  ].filter(Boolean);
  return parts.length === 0 ? '' : `Kombo's limit, shared by all workers: ${parts.join('; ')}`;
}
