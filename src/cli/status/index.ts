import type { Context } from '../support/context.ts';
import type { PageOptions } from '../support/page-options.ts';
import { emptyText, readPage } from '../support/pages.ts';
import { statusListText } from './list-text.ts';

export async function handle(context: Context, id: string | undefined, options: PageOptions): Promise<void> {
  if (id === undefined) return list(context, options);
  // Only this form needs Temporal's client, which takes longer to load than everything else.
  const { showOne } = await import('./one.ts');
  return showOne(context, id, options);
}

async function list(context: Context, options: PageOptions): Promise<void> {
  const page = await readPage(context, options);
  context.print(page, () => emptyText(page) ?? statusListText(page, options));
}
