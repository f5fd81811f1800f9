import { fromCursor, TIME_AND_ID } from '../../operations/cursor.ts';
import { showUnknown, type IntegrationPage, type UnknownPage } from '../../operations/show.ts';
import type { Context } from '../support/context.ts';
import { wrongUse } from '../support/errors.ts';
import { moreText, relative, table } from '../support/format.ts';
import type { PageOptions } from '../support/page-options.ts';
import { emptyText, footer, readPage } from '../support/pages.ts';

type Options = PageOptions & { unknown?: boolean };

export async function handle(context: Context, options: Options): Promise<void> {
  if (options.unknown) return listUnknownOnes(context, options);
  const page = await readPage(context, options);
  context.print(page, () => emptyText(page) ?? listText(page, options));
}

function listText(page: IntegrationPage, options: Options): string {
  const rows = page.integrations.map((one) => [
    one.id,
    one.tool,
    one.category,
    one.status,
    relative(one.statusSince),
    one.organizationName,
    one.originId,
    relative(one.createdAt),
    one.statusReason,
  ]);
  const head = [
    'INTEGRATION',
    'TOOL',
    'CATEGORY',
    'STATUS',
    'SINCE',
    'ORGANIZATION',
    'ORIGIN',
    'ADDED',
    'WHY',
  ];
  return `${table(head, rows)}\n\n${footer('integrations list', options, page)}`;
}

/** A longer list would say nothing new. */
const MOST_UNKNOWN = 100_000;

async function listUnknownOnes(context: Context, options: Options): Promise<void> {
  if (options.status || options.search || options.failing) {
    throw wrongUse('With --unknown, you can only add --limit, --after and --all.');
  }
  const after = options.after === undefined ? undefined : fromCursor(options.after, TIME_AND_ID);
  if (options.after !== undefined && !after) {
    throw wrongUse('With --unknown, --after takes "next" of an earlier answer.');
  }
  const limit = options.all ? MOST_UNKNOWN : options.limit;
  const page = await showUnknown(await context.reading(), { after, limit });
  context.print(page, () => unknownText(page));
}

function unknownText({ integrations, next }: UnknownPage): string {
  if (integrations.length === 0) return 'Kombo knows every integration that a webhook has named.';
  const rows = integrations.map(({ id, times, firstSeenAt, lastSeenAt }) => [
    id,
    times,
    relative(firstSeenAt),
    relative(lastSeenAt),
  ]);
  return [
    table(['INTEGRATION', 'WEBHOOKS', 'FIRST', 'LAST'], rows),
    '',
    'Kombo does not know them. Either they are deleted, or the webhooks come from another environment or region than',
    'the one of KOMBO_API_KEY and KOMBO_API_URL. "kombo-sync integrations add <id>" asks Kombo again.',
    ...moreText(next, 'Earlier ones: kombo-sync integrations list --unknown'),
  ].join('\n');
}
