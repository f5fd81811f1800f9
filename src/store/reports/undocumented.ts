import { sql } from 'kysely';
import { SYSTEM_COLUMNS } from '../records/data-tables.ts';
import type { Store } from '../database.ts';
import { storedEndpoints } from '../state/extra-endpoints.ts';

interface UndocumentedField {
  endpoint: string;
  field: string;
  /** How many of the sampled records have it. */
  records: number;
}

const DEFAULT_SAMPLE = 10_000;

/** Fields that arrive but have no column yet. They stay in `raw`. Looks at up to `sample` records of each table. */
export async function undocumentedFields(
  store: Store,
  options: {
    integrationId?: string | undefined;
    endpoint?: string | undefined;
    sample?: number | undefined;
  } = {},
): Promise<UndocumentedField[]> {
  const { integrationId = null, sample = DEFAULT_SAMPLE } = options;
  const found: UndocumentedField[] = [];
  for (const endpoint of await storedEndpoints(store.pool)) {
    if (options.endpoint !== undefined && endpoint.path !== options.endpoint) continue;
    const documented = [...Object.keys(endpoint.fields), ...Object.keys(SYSTEM_COLUMNS)];
    const { rows } = await sql<{ field: string; records: number }>`
      select field, count(*)::int as records
      from (select raw from ${sql.table(`kombo.${endpoint.table}`)}
            where ${integrationId}::text is null or integration_id = ${integrationId}
            limit ${sample}) t, jsonb_object_keys(t.raw) field
      where field <> all(${documented}::text[])
      group by field order by field`.execute(store.db);
    found.push(...rows.map((row) => ({ endpoint: endpoint.path, ...row })));
  }
  return found;
}
