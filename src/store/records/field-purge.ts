import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import type { FieldPolicy } from '../../domain/fields/policy.ts';
import { parseExact } from '../../kombo/json.ts';
import { transaction, type Store } from '../database.ts';
import { quote } from './data-tables.ts';
import { beginWrite } from './begin-write.ts';
import { purgeRows } from './purge-rows.ts';

/* Takes out of stored records what is not to be kept any more. The change feed says nothing of it: no record has changed. */

const BATCH = 500;

/** Where a walk over a table has come to. */
export interface PurgePosition {
  integrationId: string;
  id: string;
}

export interface PurgeStep {
  /** Rows that were looked at. */
  rows: number;
  /** Values among them that are to be kept out. */
  values: number;
  /** Rows that hold some, or a field that is kept out and null. */
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

/** Counts, and changes nothing. */
export const countStep: PurgeWalk = async (store, endpoint, policy, after) => {
  const rows = await nextRows(store, endpoint, after);
  const hits = rows.flatMap(({ raw }) => hitOf(policy, raw) ?? []);
  const values = hits.reduce((sum, found) => sum + found, 0);
  return { rows: rows.length, values, hits: hits.length, next: positionAfter(rows) };
};

/** Purges. Each integration's rows are one transaction. */
export const purgeStep: PurgeWalk = async (store, endpoint, policy, after) => {
  const rows = await nextRows(store, endpoint, after);
  let values = 0;
  const hit = rows.filter(({ raw }) => hitOf(policy, raw) !== undefined);
  for (const [integrationId, own] of Map.groupBy(hit, (row) => row.integration_id)) {
    values += await transaction(store.pool, async (client) => {
      // The pages of this integration wait meanwhile, and what they wrote before is seen.
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
 * How many values of a record are to be kept out; undefined when it stays as it is. A field that is null holds none, but would
 * make the next page of the record a change of it.
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
