import { sql } from 'kysely';
import type { PassKind } from '../domain/sync.ts';
import type { Store } from './database.ts';

export interface EndpointState {
  endpoint: string;
  disabled: { code: string; message: string; since: Date } | null;
  /** A read that is still owed, and since when. */
  owed: PassKind | null;
  /** Start of the newest completed pass. */
  watermark: Date | null;
  /** Start of the newest completed pass without a window. */
  lastFull: Date | null;
}

/** What is known of each endpoint of an integration that has been read, is owed or is disabled. */
export async function endpointStates(
  store: Store,
  integrationId: string,
): Promise<Map<string, EndpointState>> {
  const states = new Map<string, EndpointState>();
  const entry = (endpoint: string) => {
    const state = states.get(endpoint) ?? {
      endpoint,
      disabled: null,
      owed: null,
      watermark: null,
      lastFull: null,
    };
    states.set(endpoint, state);
    return state;
  };
  const rows = await store.db
    .selectFrom('kombo_sync.endpoint_states')
    .selectAll()
    .where('integration_id', '=', integrationId)
    .execute();
  for (const row of rows) {
    const state = entry(row.endpoint);
    state.owed = row.owed;
    if (row.disabled_code !== null && row.disabled_at !== null) {
      state.disabled = {
        code: row.disabled_code,
        message: row.disabled_message ?? '',
        since: row.disabled_at,
      };
    }
  }
  const passes = await store.db
    .selectFrom('kombo_sync.passes')
    .select((eb) => [
      'endpoint',
      eb.fn.max('watermark_at').filterWhere('moves_watermark', '=', true).as('watermark'),
      eb.fn.max('started_at').filterWhere('updated_after', 'is', null).as('last_full'),
    ])
    .where('integration_id', '=', integrationId)
    .where('state', '=', 'completed')
    .groupBy('endpoint')
    .execute();
  for (const row of passes) {
    const state = entry(row.endpoint);
    state.watermark = row.watermark;
    state.lastFull = row.last_full;
  }
  return states;
}

/** Notes that endpoints must be read by the next sync, whatever that is started for. A full read outranks a delta. */
export async function owe(
  store: Store,
  integrationId: string,
  endpoints: readonly string[],
  kind: PassKind,
): Promise<void> {
  if (endpoints.length === 0) return;
  await store.db
    .insertInto('kombo_sync.endpoint_states')
    .values(
      endpoints.map((endpoint) => ({
        integration_id: integrationId,
        endpoint,
        owed: kind,
        owed_since: sql<Date>`clock_timestamp()`,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['integration_id', 'endpoint']).doUpdateSet({
        owed: sql`case when endpoint_states.owed = 'full' then 'full' else excluded.owed end`,
        owed_since: sql`excluded.owed_since`,
      }),
    )
    .execute();
}

/** The tool does not offer the endpoint. Nothing is owed for it; it is looked at again in a day. */
export async function disableEndpoint(
  store: Store,
  integrationId: string,
  endpoint: string,
  reason: { code: string; message: string },
): Promise<void> {
  const values = {
    disabled_code: reason.code,
    disabled_message: reason.message,
    disabled_at: sql<Date>`clock_timestamp()`,
    owed: null,
    owed_since: null,
  };
  await store.db
    .insertInto('kombo_sync.endpoint_states')
    .values({ integration_id: integrationId, endpoint, ...values })
    .onConflict((conflict) => conflict.columns(['integration_id', 'endpoint']).doUpdateSet(values))
    .execute();
}
