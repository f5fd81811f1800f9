import { listFields } from '../../operations/list-fields.ts';
import type { Context } from '../support/context.ts';
import { table } from '../support/format.ts';

export function handle(context: Context, name: string | undefined): Promise<void> {
  const fields = listFields(context.config, name);
  context.print({ fields }, () =>
    table(
      ['TABLE', 'FIELD', 'TYPE', 'SENSITIVE', 'VALUES'],
      fields.map(({ table: from, field, type, sensitivity, treatment }) => [
        from,
        field,
        type ?? 'part',
        sensitivity ?? '',
        treatment,
      ]),
    ),
  );
  return Promise.resolve();
}
