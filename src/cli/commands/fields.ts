import { requireIntegration } from '../../operations/require.ts';
import { storedEndpoints } from '../../store/state/extra-endpoints.ts';
import { undocumentedFields } from '../../store/reports/undocumented.ts';
import type { Context } from '../support/context.ts';
import { wrongUse } from '../support/errors.ts';
import { table } from '../support/format.ts';

interface Options {
  endpoint?: string;
  sample: number;
}

export async function handle(context: Context, id: string | undefined, options: Options): Promise<void> {
  const store = context.store();
  const { endpoint } = options;
  if (endpoint !== undefined && !(await storedEndpoints(store)).some(({ path }) => path === endpoint)) {
    throw wrongUse(`${endpoint} is no endpoint that has a table; write it as /hris/employees.`);
  }
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
