import type { RejectReason } from '../../domain/records.ts';
import type { Store } from '../database.ts';
import { LIMIT, toListed, type Listed, type ListOptions } from '../listed.ts';

/** A record that could not be stored. Its body is personal data and stays in the table. */
export interface SetAsideRecord {
  endpoint: string;
  id: string | null;
  reason: RejectReason;
  hash: string;
  times: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

type SetAsideKey = readonly [endpoint: string, recordKey: string];

/** Records of an integration that are set aside, by endpoint and record. */
export async function listSetAside(
  store: Store,
  options: ListOptions<SetAsideKey> & { integrationId: string; endpoint?: string | undefined },
): Promise<Listed<SetAsideRecord, SetAsideKey>> {
  const { integrationId, endpoint, after, limit = LIMIT } = options;
  const { rows } = await store.pool.query<SetAsideRecord & { record_key: string }>(
    `select endpoint, record_key, id, reason, hash, times, first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt"
     from kombo_sync.rejected_records
     where integration_id = $1 and ($2::text is null or endpoint = $2)
       and ($3::text is null or (endpoint, record_key) > ($3, $4))
     order by endpoint, record_key
     limit $5`,
    [integrationId, endpoint ?? null, after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  );
  return toListed(
    rows,
    limit,
    ({ record_key: _key, ...record }) => record,
    (row): SetAsideKey => [row.endpoint, row.record_key],
  );
}

/** How many records of all integrations are set aside. */
export async function countSetAside(store: Store): Promise<number> {
  const { rows } = await store.pool.query<{ count: number }>(
    'select count(*) as count from kombo_sync.rejected_records',
  );
  return rows[0]!.count;
}
