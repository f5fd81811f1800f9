import { CATALOGUE } from '../domain/catalogue/index.ts';
import { quote } from './data-tables.ts';
import type { Store } from './database.ts';

const BATCH = 2_000;

/** Tables of the service that hold rows of an integration; the integration itself and the audit log stay. */
const OWN_TABLES = [
  'changes',
  'rejected_records',
  'drift',
  'sync_deliveries',
  'deliveries',
  'endpoint_states',
  'passes',
] as const;

/**
 * Deletes some thousands of rows of a removed integration, if there are any left. Small transactions, so that other
 * integrations in the same tables are not held up.
 *
 * @returns how many rows were deleted; 0 when nothing is left.
 */
export async function eraseSome(store: Store, integrationId: string): Promise<number> {
  const data = CATALOGUE.map(({ table }) => `kombo.${quote(table)}`);
  for (const table of [...data, ...OWN_TABLES.map((name) => `kombo_sync.${name}`)]) {
    const { rowCount } = await store.pool.query(
      `delete from ${table} where ctid in (
         select ctid from ${table} where integration_id = $1 limit ${BATCH})
       and exists (select from kombo_sync.integrations where id = $1 and status = 'removed')`,
      [integrationId],
    );
    if (rowCount) return rowCount;
  }
  return 0;
}

/** Notes that nothing is left of it. */
export async function markErased(store: Store, integrationId: string): Promise<void> {
  await store.pool.query(
    `update kombo_sync.integrations set erased_at = now(), organization_name = null
     where id = $1 and status = 'removed'`,
    [integrationId],
  );
}
