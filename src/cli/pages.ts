import { Option, type Command } from 'commander';
import type { IntegrationStatus } from '../domain/life.ts';

import type { IntegrationOverview, OverviewPage, Totals } from '../store/overview.ts';
import { plural } from './format.ts';
import { parseCount } from './options.ts';
import type { Context } from './run.ts';

export interface PageOptions {
  status?: IntegrationStatus;
  search?: string;
  failing?: boolean;
  limit: number;
  after?: string;
  all?: boolean;
}

export interface Page extends OverviewPage {
  /** Of all integrations, not only of those on the page. */
  totals: Totals;
}

const STATUSES = ['active', 'parked', 'paused', 'removed'];
const LIMIT = 100;
/** With --all: so many come by one statement. */
const BATCH = 1_000;

/** The options of commands that list integrations. */
export function addPageOptions(command: Command): Command {
  return command
    .addOption(new Option('--status <status>', 'only those in this status').choices(STATUSES))
    .option('--search <text>', 'only those with this in their id, tool or organization')
    .option('--failing', 'only those with an endpoint that fails')
    .option('--limit <n>', 'integrations at most', parseCount(10_000), LIMIT)
    .option('--after <id>', 'go on after this integration')
    .option('--all', 'every one, however many they are');
}

export async function readPage(context: Context, options: PageOptions): Promise<Page> {
  const { listOverview, readTotals } = await import('../store/overview.ts');
  const store = await context.store();
  const { status, search, failing, limit } = options;
  const integrations: IntegrationOverview[] = [];
  let next: string | null = options.after ?? '';
  do {
    const page: OverviewPage = await listOverview(
      store,
      { status, search, failing, after: next, limit: options.all ? BATCH : limit },
      context.config.EXTRA_ENDPOINTS,
    );
    integrations.push(...page.integrations);
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
  const counts = STATUSES.flatMap((status) => {
    const count = byStatus[status as IntegrationStatus];
    return count > 0 ? [`${count} ${status}`] : [];
  });
  const person = endpointsNeedingPerson > 0 ? `, ${endpointsNeedingPerson} of them for a person` : '';
  const failed = `${plural(failedEndpoints, 'endpoint')} of ${plural(failing, 'active integration')} failing${person}`;
  const lines = [`In all: ${counts.join(', ')}${failing > 0 ? `; ${failed}` : ''}.`];
  if (page.next !== null) {
    const filters = [
      ...(options.status ? [`--status ${options.status}`] : []),
      ...(options.search === undefined ? [] : [`--search '${options.search.replaceAll("'", `'\\''`)}'`]),
      ...(options.failing ? ['--failing'] : []),
      ...(options.limit === LIMIT ? [] : [`--limit ${options.limit}`]),
    ];
    lines.push(
      `${page.integrations.length} are shown. The next: kombo-sync ${[command, ...filters].join(' ')} --after ${page.next}`,
    );
  }
  return lines.join('\n');
}
