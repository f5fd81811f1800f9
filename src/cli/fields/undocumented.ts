import { endpointsWith } from '../../domain/catalogue/index.ts';
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
  const { endpoint } = options;
  const known = endpointsWith(context.config.EXTRA_ENDPOINTS);
  if (endpoint !== undefined && !known.some(({ path }) => path === endpoint)) {
    throw wrongUse(
      `${endpoint} is not a known endpoint; write it as /hris/employees, or name it in EXTRA_ENDPOINTS.`,
    );
  }
  const store = context.store();
  if (id !== undefined) await requireIntegration(store, id);
  const found = await undocumentedFields(store, {
    integrationId: id,
    endpoint,
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
