import { INTEGRATION_STATUSES } from '../../domain/life.ts';
import {
  listOverview,
  readTotals,
  type IntegrationOverview,
  type Totals,
} from '../../store/reports/overview.ts';
import type { Listed } from '../../store/listed.ts';
import type { Context } from './context.ts';
import { plural } from './format.ts';
import { DEFAULT_LIMIT, type PageOptions } from './page-options.ts';

export interface Page {
  integrations: IntegrationOverview[];
  /** Id to give as --after for the next page; null when this was the last one. */
  next: string | null;
  /** Of all integrations, not only of those on the page. */
  totals: Totals;
}

/** With --all: so many come by one statement. */
const BATCH = 1_000;

export async function readPage(context: Context, options: PageOptions): Promise<Page> {
  const store = context.store();
  const { status, search, failing, limit } = options;
  const integrations: IntegrationOverview[] = [];
  let next: string | null = options.after ?? '';
  do {
    const page: Listed<IntegrationOverview, string> = await listOverview(
      store,
      { status, search, failing, after: next, limit: options.all ? BATCH : limit },
      context.config.EXTRA_ENDPOINTS,
    );
    integrations.push(...page.entries);
    next = page.next;
  } while (options.all && next !== null);
  return { integrations, next, totals: await readTotals(store) };
}

/** What to say when a page is empty; undefined when it is not. */
export function emptyText({ integrations, totals }: Page): string | undefined {
  if (integrations.length > 0) return undefined;
  return Object.values(totals.byStatus).some((count) => count > 0)
    ? 'No integration is like that.'
    : 'There is no integration yet. Kombo announces new ones by webhook; "kombo-sync integrations add" adds those that exist.';
}

/** How many there are in all, and how to see more of them. */
export function footer(command: string, options: PageOptions, page: Page): string {
  const { byStatus, failing, failedEndpoints, endpointsNeedingPerson } = page.totals;
  const counts = INTEGRATION_STATUSES.filter((status) => byStatus[status] > 0).map(
    (status) => `${byStatus[status]} ${status}`,
  );
  const person = endpointsNeedingPerson > 0 ? `, ${endpointsNeedingPerson} of them for a person` : '';
  const failed = `${plural(failedEndpoints, 'endpoint')} of ${plural(failing, 'active integration')} failing${person}`;
  const lines = [`In all: ${counts.join(', ')}${failing > 0 ? `; ${failed}` : ''}.`];
  if (page.next !== null) {
    const { status, search, limit } = options;
    const filters = [
      status && `--status ${status}`,
      search !== undefined && `--search '${search.replaceAll("'", `'\\''`)}'`,
      options.failing && '--failing',
      limit !== DEFAULT_LIMIT && `--limit ${limit}`,
    ].filter(Boolean);
    lines.push(
      `${page.integrations.length} are shown. The next: kombo-sync ${[command, ...filters].join(' ')} --after ${page.next}`,
    );
  }
  return lines.join('\n');
}
