import { requireIntegration } from '../../operations/require.ts';
import { findOverview } from '../../store/reports/overview.ts';
import { endpointStatuses } from '../../store/reports/status.ts';
import type { Context } from '../support/context.ts';
import { wrongUse } from '../support/errors.ts';
import type { PageOptions } from '../support/page-options.ts';
import { statusOneText } from './one-text.ts';
import { readActivity } from './running.ts';

export async function showOne(context: Context, id: string, options: PageOptions): Promise<void> {
  if (options.status || options.search || options.failing || options.after || options.all)
    throw wrongUse('Name an integration, or choose several by options, not both.');
  const store = context.store();
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
