import { findEndpoint } from '../../domain/catalogue/index.ts';
import { requireIntegration } from '../../operations/require.ts';
import { undocumentedFields } from '../../store/reports/undocumented.ts';
import type { Context } from '../support/context.ts';
import { wrongUse } from '../support/errors.ts';
import { table } from '../support/format.ts';

interface Options {
  endpoint?: string;
  sample: number;
}

export async function handle(context: Context, id: string | undefined, options: Options): Promise<void> {
  if (options.endpoint !== undefined && !findEndpoint(options.endpoint)) {
    throw wrongUse(`${options.endpoint} is no known endpoint; write it as /hris/employees.`);
  }
  const store = context.store();
  if (id !== undefined) await requireIntegration(store, id);
  const found = await undocumentedFields(store, {
    integrationId: id,
    endpoint: options.endpoint,
    sample: options.sample,
  });
  context.print({ fields: found }, () =>
    found.length === 0
      ? 'Every field that arrived has a column.'
      : table(
          ['ENDPOINT', 'FIELD', 'RECORDS'],
          found.map(({ endpoint, field, records }) => [endpoint, field, records]),
        ),
  );
}
