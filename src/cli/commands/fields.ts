import type { Command } from 'commander';
import { addCommand, addGroup } from '../support/define.ts';
import { wrongUse } from '../support/errors.ts';
import { table } from '../support/format.ts';
import { parseCount } from '../support/options.ts';
import { run } from '../support/run.ts';

interface Options {
  endpoint?: string;
  sample: number;
}

export function register(program: Command): void {
  const fields = addGroup(program, 'fields', 'Look at the fields of the records', ['fields undocumented']);
  addCommand(
    fields,
    'undocumented [id]',
    'List the fields that Kombo sends and that have no column yet; they are kept in raw',
    [
      'fields undocumented',
      'fields undocumented personio:CBNMt7dSNCzBdnRTx87dev4E --endpoint /hris/employees',
    ],
  )
    .option('--endpoint <path>', 'only this endpoint')
    .option('--sample <n>', 'records of each table to look at', parseCount(10_000_000), 10_000)
    .action(
      run(['DATABASE_URL'], async (context, id: string | undefined, options: Options) => {
        const { findEndpoint } = await import('../../domain/catalogue/index.ts');
        const { undocumentedFields } = await import('../../store/reports/undocumented.ts');
        const { requireIntegration } = await import('../../operations/require.ts');
        if (options.endpoint !== undefined && !findEndpoint(options.endpoint)) {
          throw wrongUse(`${options.endpoint} is no known endpoint; write it as /hris/employees.`);
        }
        const store = await context.store();
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
      }),
    );
}
