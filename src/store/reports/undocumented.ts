import { CATALOGUE } from '../../domain/catalogue/index.ts';
import { quote, SYSTEM_COLUMNS } from '../records/data-tables.ts';
import type { Store } from '../database.ts';

export interface UndocumentedField {
  endpoint: string;
  field: string;
  /** How many of the looked-at records have it. */
  records: number;
}

const DEFAULT_SAMPLE = 10_000;

/** Fields that arrive but have no column yet. They are kept in `raw`; looks at up to `sample` records of each table. */
export async function undocumentedFields(
  store: Store,
  options: {
    integrationId?: string | undefined;
    endpoint?: string | undefined;
    sample?: number | undefined;
  } = {},
): Promise<UndocumentedField[]> {
  const found: UndocumentedField[] = [];
  for (const endpoint of CATALOGUE) {
    if (options.endpoint !== undefined && endpoint.path !== options.endpoint) continue;
    const documented = [...Object.keys(endpoint.fields), ...Object.keys(SYSTEM_COLUMNS)];
    const { rows } = await store.pool.query<{ field: string; records: number }>(
      `select field, count(*)::int as records
       from (select raw from kombo.${quote(endpoint.table)}
             where $1::text is null or integration_id = $1 limit $3) t, jsonb_object_keys(t.raw) field
       where field <> all($2::text[])
       group by field order by field`,
      [options.integrationId ?? null, documented, options.sample ?? DEFAULT_SAMPLE],
    );
    found.push(...rows.map((row) => ({ endpoint: endpoint.path, ...row })));
  }
  return found;
}
