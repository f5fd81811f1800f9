import { listUnknown, type UnknownIntegration } from '../../store/state/unknown-integrations.ts';
import type { Context } from '../support/context.ts';
import { wrongUse } from '../support/errors.ts';
import { relative, table } from '../support/format.ts';
import type { PageOptions } from '../support/page-options.ts';
import { emptyText, footer, readPage, type Page } from '../support/pages.ts';

type Options = PageOptions & { unknown?: boolean };

export async function handle(context: Context, options: Options): Promise<void> {
  if (options.unknown) return listUnknownOnes(context, options);
  const page = await readPage(context, options);
  context.print(page, () => emptyText(page) ?? listText(page, options));
}

function listText(page: Page, options: Options): string {
  const rows = page.integrations.map((one) => [
    one.id,
    one.tool,
    one.category,
    one.status,
    relative(one.statusSince),
    one.organizationName,
    relative(one.createdAt),
    one.statusReason,
  ]);
  const head = ['INTEGRATION', 'TOOL', 'CATEGORY', 'STATUS', 'SINCE', 'ORGANIZATION', 'ADDED', 'WHY'];
  return `${table(head, rows)}\n\n${footer('integrations list', options, page)}`;
}

/** More of them would say nothing new. */
const MOST_UNKNOWN = 100_000;

async function listUnknownOnes(context: Context, options: Options): Promise<void> {
  if (options.status || options.search || options.failing || options.after) {
    throw wrongUse('--unknown goes with --limit and --all only: nothing else is known of them.');
  }
  const limit = options.all ? MOST_UNKNOWN : options.limit;
  const { entries: unknown } = await listUnknown(context.store(), { limit });
  context.print({ unknown }, () => unknownText(unknown));
}

function unknownText(unknown: UnknownIntegration[]): string {
  if (unknown.length === 0) return 'Kombo knows every integration that a webhook has named.';
  const rows = unknown.map(({ id, times, firstSeenAt, lastSeenAt }) => [
    id,
    times,
    relative(firstSeenAt),
    relative(lastSeenAt),
  ]);
  return [
    table(['INTEGRATION', 'WEBHOOKS', 'FIRST', 'LAST'], rows),
    '',
    'Kombo does not know them. Either they are deleted, or the webhooks come from another environment or region than',
    'KOMBO_API_KEY and KOMBO_API_URL are of. "kombo-sync integrations add <id>" asks Kombo again.',
  ].join('\n');
}
