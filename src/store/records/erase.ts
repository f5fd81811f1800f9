import { patiently, type Store } from '../database.ts';
import { storedEndpoints } from '../state/extra-endpoints.ts';
import { quote } from './data-tables.ts';
import { uncountErased } from './row-counts.ts';

const BATCH = 2_000;

/**
 * Tables of the service that hold rows of an integration; the integration itself and the audit log stay. Passes go
 * before the data: if the integration comes back half-way, it counts as never read.
 */
const BEFORE_DATA = ['endpoint_states', 'passes', 'debts'];
const AFTER_DATA = [
  'row_counts',
  'changes',
  'consumer_failures',
  'changes_signals',
  'rejected_records',
  'drift',
  'sync_deliveries',
  'deliveries',
  'idempotency_keys',
  'issues',
  'told',
];

/** A statement for each table. Includes the tables of endpoints that are no longer read. */
async function statements(store: Store): Promise<string[]> {
  const own = (name: string) => `with ${someOf(`kombo_sync.${name}`)} select from erased`;
  const ofData = ({ table }: { table: string }) =>
    `with ${someOf(`kombo.${quote(table)}`, 'deleted_at')}, ${uncountErased(table)} select from erased`;
  return [
    ...BEFORE_DATA.map(own),
    ...(await storedEndpoints(store.pool)).map(ofData),
    ...AFTER_DATA.map(own),
  ];
}

/** Steps that delete some rows of a removed integration. */
const someOf = (table: string, returned = '1') => `removed as materialized (
  select id from kombo_sync.integrations where id = $1 and status = 'removed' for share
), erased as (
  delete from ${table} where ctid = any(array(
    select ctid from ${table} where integration_id = $1 and exists (select from removed) limit ${BATCH}))
  returning ${returned}
)`;

/**
 * Deletes some thousands of rows of a removed integration. Small transactions do not hold up other integrations in the
 * same tables. An integration that comes back waits for the transaction under way.
 *
 * @returns how many rows were deleted; 0 if nothing is left.
 */
export async function eraseSome(store: Store, integrationId: string): Promise<number> {
  for (const statement of await statements(store)) {
    const { rowCount } = await patiently(store.pool, (query) => query(statement, [integrationId]));
    if (rowCount) return rowCount;
  }
  return 0;
}

/** Records that nothing is left of it. */
export async function markErased(store: Store, integrationId: string): Promise<void> {
  await store.pool.query(
    `update kombo_sync.integrations set erased_at = now(), organization_name = null, origin_id = null,
       models = null, exclude_models = null
     where id = $1 and status = 'removed'`,
    [integrationId],
  );
}
