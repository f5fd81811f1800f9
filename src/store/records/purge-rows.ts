import type pg from 'pg';
import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import type { FieldPolicy } from '../../domain/fields/policy.ts';
import { parseExact } from '../../kombo/json.ts';
import { quote } from './data-tables.ts';

/**
 * Purges some rows of an integration, inside a transaction that has begun with `beginWrite`. Times and numbers of the
 * rows stay, because they say when the row was read.
 *
 * @returns how many values were removed or hashed.
 */
export async function purgeRows(
  client: pg.ClientBase,
  endpoint: EndpointDefinition,
  integrationId: string,
  ids: readonly string[],
  policy: FieldPolicy,
): Promise<number> {
  const { rows } = await client.query<{ id: string; raw: string }>(
    `select id, raw::text as raw from kombo.${quote(endpoint.table)} where integration_id = $1 and id = any($2) for update`,
    [integrationId, ids],
  );
  let values = 0;
  const changed = rows.flatMap(({ id, raw }) => {
    const before = parseExact(raw) as Record<string, unknown>;
    const { record, values: found } = policy.apply(before);
    if (record === before) return [];
    values += found;
    const after = record as Record<string, unknown>;
    const columns = Object.keys(endpoint.fields).filter((name) => after[name] !== before[name]);
    return [{ id, raw: JSON.stringify(after), columns }];
  });
  for (const same of Map.groupBy(changed, ({ columns }) => columns.join()).values()) {
    await client.query(purgeSql(endpoint, same[0]!.columns), [
      integrationId,
      same.map(({ id }) => id),
      same.map(({ raw }) => raw),
    ]);
  }
  return values;
}

/** Parameters: $1 integration_id · $2 ids · $3 their records after the purge */
function purgeSql({ table, fields }: EndpointDefinition, columns: readonly string[]): string {
  // A hash is text, which does not fit a column of another type. Then only `raw` has it.
  const value = (name: string) => {
    if (fields[name] === 'text') return `p.raw ->> '${name}'`;
    return fields[name] === 'jsonb' ? `nullif(p.raw -> '${name}', 'null')` : 'null';
  };
  const sets = columns.map((name) => `${quote(name)} = ${value(name)}`);
  return `update kombo.${quote(table)} t set ${['raw = p.raw', ...sets].join(', ')}
    from (select id, record::jsonb as raw from unnest($2::text[], $3::text[]) as records(id, record)) p
    where t.integration_id = $1 and t.id = p.id`;
}
