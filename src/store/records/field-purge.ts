import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import type { FieldPolicy } from '../../domain/fields/policy.ts';
import { parseExact } from '../../kombo/json.ts';
import { transaction, type Store } from '../database.ts';
import { quote } from './data-tables.ts';
import { beginWrite } from './begin-write.ts';
import { purgeRows } from './purge-rows.ts';

/* Purges values from stored records. The change feed does not show this, because no record has changed. */

const BATCH = 500;

/** How far a walk over a table is. */
export interface PurgePosition {
  integrationId: string;
  id: string;
}

export interface PurgeStep {
  /** Rows that were looked at. */
  rows: number;
  /** Values in them that the choice excludes or hashes. */
  values: number;
  /** Rows with such values, or with such a field that is null. */
  hits: number;
  /** Null at the end of the table. */
  next: PurgePosition | null;
}

interface StoredRow {
  integration_id: string;
  id: string;
  raw: string;
}

/** Looks at the next rows of a table, in key order. */
export type PurgeWalk = (
  store: Store,
  endpoint: EndpointDefinition,
  policy: FieldPolicy,
  after: PurgePosition | null,
) => Promise<PurgeStep>;

/** Only counts. */
export const countStep: PurgeWalk = async (store, endpoint, policy, after) => {
  const rows = await nextRows(store, endpoint, after);
  const hits = rows.flatMap(({ raw }) => hitOf(policy, raw) ?? []);
  const values = hits.reduce((sum, found) => sum + found, 0);
  return { rows: rows.length, values, hits: hits.length, next: positionAfter(rows) };
};

/** Purges the rows of each integration in one transaction. */
export const purgeStep: PurgeWalk = async (store, endpoint, policy, after) => {
  const rows = await nextRows(store, endpoint, after);
  let values = 0;
  const hit = rows.filter(({ raw }) => hitOf(policy, raw) !== undefined);
  for (const [integrationId, own] of Map.groupBy(hit, (row) => row.integration_id)) {
    values += await transaction(store.pool, async (client) => {
      // Pages of this integration wait meanwhile, and this sees what they wrote before.
      await beginWrite(client, { integrationId, endpoint });
      return purgeRows(
        client,
        endpoint,
        integrationId,
        own.map(({ id }) => id),
        policy,
      );
    });
  }
  return { rows: rows.length, values, hits: hit.length, next: positionAfter(rows) };
};

/**
 * How many values of a record must be excluded or hashed; undefined if it stays as it is. A null field has no value,
 * but if it stayed, the next read of the record would count as a change.
 */
function hitOf(policy: FieldPolicy, raw: string): number | undefined {
  const stored = parseExact(raw);
  const { record, values } = policy.apply(stored);
  return record === stored ? undefined : values;
}

async function nextRows(
  store: Store,
  { table }: EndpointDefinition,
  after: PurgePosition | null,
): Promise<StoredRow[]> {
  const { rows } = await store.pool.query<StoredRow>(
    `select integration_id, id, raw::text as raw from kombo.${quote(table)}
     where (integration_id, id) > ($1, $2) order by integration_id, id limit ${BATCH}`,
    [after?.integrationId ?? '', after?.id ?? ''],
  );
  return rows;
}

function positionAfter(rows: readonly StoredRow[]): PurgePosition | null {
  const last = rows.length < BATCH ? undefined : rows.at(-1);
  return last ? { integrationId: last.integration_id, id: last.id } : null;
}
