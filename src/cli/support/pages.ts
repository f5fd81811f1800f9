import { INTEGRATION_STATUSES } from '../../domain/life.ts';
import { shellWord } from '../../domain/text.ts';
import { showIntegrations, type IntegrationPage } from '../../operations/show.ts';
import type { Context } from './context.ts';
import { plural } from './format.ts';
import { DEFAULT_LIMIT, type PageOptions } from './page-options.ts';

/** How many integrations one statement reads with --all. */
const BATCH = 1_000;

export async function readPage(context: Context, options: PageOptions): Promise<IntegrationPage> {
  const { status, search, failing, after, all, limit } = options;
  const asked = { status, search, failing, after, all, limit: all ? BATCH : limit };
  return showIntegrations(await context.reading(), asked);
}

/** The text for an empty page; undefined if the page is not empty. */
export function emptyText({ integrations, totals }: IntegrationPage): string | undefined {
  if (integrations.length > 0) return undefined;
  return Object.values(totals.byStatus).some((count) => count > 0)
    ? 'No integration matches.'
    : 'There is no integration yet. Kombo announces new ones by webhook; "kombo-sync integrations add" adds those that exist.';
}

/** How many integrations there are in total, and how to see more of them. */
export function footer(command: string, options: PageOptions, page: IntegrationPage): string {
  const { byStatus, failing, failedEndpoints, endpointsNeedingAttention } = page.totals;
  const counts = INTEGRATION_STATUSES.filter((status) => byStatus[status] > 0).map(
    (status) => `${byStatus[status]} ${status}`,
  );
  const needing =
    endpointsNeedingAttention > 0
      ? `, ${endpointsNeedingAttention} of them ${endpointsNeedingAttention === 1 ? 'needs' : 'need'} you`
      : '';
  const failed = `${plural(failedEndpoints, 'endpoint')} of ${plural(failing, 'active integration')} failing${needing}`;
  const lines = [`In all: ${counts.join(', ')}${failing > 0 ? `; ${failed}` : ''}.`];
  if (page.next !== null) {
    const { status, search, limit } = options;
    const filters = [
      status && `--status ${status}`,
      search !== undefined && `--search ${shellWord(search)}`,
      options.failing && '--failing',
      limit !== DEFAULT_LIMIT && `--limit ${limit}`,
    ].filter(Boolean);
    lines.push(
      `${page.integrations.length} are shown. The next: kombo-sync ${[command, ...filters].join(' ')} --after ${shellWord(page.next)}`,
    );
  }
  return lines.join('\n');
}
