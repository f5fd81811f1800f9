import { endpointsWith } from '../../src/domain/catalogue/index.ts';
import type { Store } from '../../src/store/database.ts';

/** The counts of rows that are not what the tables hold. */
export async function wrongCounts(
  store: Pick<Store, 'pool' | 'extraEndpoints'>,
  integrationId?: string,
): Promise<unknown[]> {
  const truth = endpointsWith(store.extraEndpoints).map(
    ({ table }) => `
      select integration_id, '${table}' as table_name, count(*) filter (where deleted_at is null) as live, count(deleted_at) as deleted
      from kombo.${table} where $1::text is null or integration_id = $1 group by integration_id`,
  );
  const { rows } = await store.pool.query(
    `with truth as (${truth.join(' union all ')}),
     counted as (
       select integration_id, table_name, live, deleted from kombo_sync.row_counts
       where $1::text is null or integration_id = $1)
     select integration_id, table_name, t.live, t.deleted, c.live as counted_live, c.deleted as counted_deleted
     from truth t full join counted c using (integration_id, table_name)
     where (coalesce(t.live, 0), coalesce(t.deleted, 0)) is distinct from (coalesce(c.live, 0), coalesce(c.deleted, 0))`,
    [integrationId ?? null],
  );
  return rows;
}

/** @throws if one is wrong. */
export async function requireRightCounts(store: Parameters<typeof wrongCounts>[0]): Promise<void> {
  const wrong = await wrongCounts(store);
  if (wrong.length > 0) throw new Error(`Wrong counts of rows: ${JSON.stringify(wrong)}`);
}
