import { showIntegration, type AskTemporal } from '../../operations/show-detail.ts';
import type { Context } from '../support/context.ts';
import { wrongUse } from '../support/errors.ts';
import type { PageOptions } from '../support/page-options.ts';
import { statusOneText } from './one-text.ts';

const TEMPORAL_MS = 5_000;

export async function showOne(context: Context, id: string, options: PageOptions): Promise<void> {
  if (options.status || options.search || options.failing || options.after || options.all)
    throw wrongUse('Name an integration, or choose several by options, not both.');
  const askTemporal: AskTemporal = async (work) => {
    try {
      const { client } = await context.temporal();
      return await client.withDeadline(Date.now() + TEMPORAL_MS, () => work(client));
    } catch {
      return undefined;
    }
  };
  const detail = await showIntegration(await context.reading(), id, askTemporal);
  context.print(detail, () => statusOneText(detail));
}
