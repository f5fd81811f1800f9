import type { Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { wrongUse } from '../support/errors.ts';
import { addPageOptions, emptyText, readPage, type PageOptions } from '../support/pages.ts';
import { run, type Context } from '../support/run.ts';
import { statusListText } from './list-text.ts';
import { statusOneText } from './one-text.ts';
import { readActivity } from './running.ts';

export function register(program: Command): void {
  const command = addCommand(
    program,
    'status [id]',
    'Show how fresh the copies are and what fails; with an id, endpoint by endpoint',
    [
      'status',
      'status --failing',
      'status --search acme --limit 20',
      'status personio:CBNMt7dSNCzBdnRTx87dev4E',
    ],
  );
  addPageOptions(command).action(
    run(['DATABASE_URL'], async (context, id: string | undefined, options: PageOptions) =>
      id === undefined ? list(context, options) : one(context, id, options),
    ),
  );
}

async function list(context: Context, options: PageOptions): Promise<void> {
  const { listFailing } = await import('../../store/reports/status.ts');
  const page = await readPage(context, options);
  const failing = await listFailing(
    await context.store(),
    page.integrations.map(({ id }) => id),
  );
  context.print({ ...page, failing }, () => emptyText(page) ?? statusListText(page, failing, options));
}

async function one(context: Context, id: string, options: PageOptions): Promise<void> {
  if (options.status || options.search || options.failing || options.after || options.all)
    throw wrongUse('Name an integration, or choose several by options, not both.');
  const { endpointStatuses } = await import('../../store/reports/status.ts');
  const { findOverview } = await import('../../store/reports/overview.ts');
  const { requireIntegration } = await import('../../operations/require.ts');
  const store = await context.store();
  await requireIntegration(store, id);
  const extra = context.config.EXTRA_ENDPOINTS;
  const [integration, endpoints, activity] = await Promise.all([
    findOverview(store, id, extra),
    endpointStatuses(store, id, extra),
    readActivity(context, id),
  ]);
  const shown = { integration: integration!, endpoints, ...activity };
  context.print(shown, () => statusOneText(shown));
}
