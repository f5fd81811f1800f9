import { sql } from 'kysely';
import type { DeliveryOutcome } from '../../domain/deliveries.ts';
import type { ServedDeliveries } from '../../domain/sync.ts';
import type { Store } from '../database.ts';

/** Deliveries of one type about an integration, added up. */
export interface CountedDeliveries {
  /** For example `data-changed`. */
  type: string;
  outcome: DeliveryOutcome;
  times: number;
  firstAt: Date;
  lastAt: Date;
}

/** The counts since they were last stored. */
export interface DeliveryCount extends CountedDeliveries {
  /** Empty if the deliveries name no integration. */
  integrationId: string;
}

/** Adds to the stored counts of deliveries. */
export async function addDeliveries(store: Store, counts: readonly DeliveryCount[]): Promise<void> {
  if (counts.length === 0) return;
  await store.db
    .insertInto('kombo_sync.deliveries')
    .values(
      counts.map((count) => ({
        integration_id: count.integrationId,
        type: count.type,
        outcome: count.outcome,
        times: count.times,
        first_at: count.firstAt,
        last_at: count.lastAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['integration_id', 'type', 'outcome']).doUpdateSet({
        times: sql<number>`deliveries.times + excluded.times`,
        last_at: sql<Date>`greatest(deliveries.last_at, excluded.last_at)`,
      }),
    )
    .execute();
}

/** The counted deliveries about an integration, newest first. */
export async function listDeliveries(store: Store, integrationId: string): Promise<CountedDeliveries[]> {
  const rows = await store.db
    .selectFrom('kombo_sync.deliveries')
    .selectAll()
    .where('integration_id', '=', integrationId)
    .orderBy('last_at', 'desc')
    .execute();
  return rows.map((row) => ({
    type: row.type,
    outcome: row.outcome,
    times: row.times,
    firstAt: row.first_at,
    lastAt: row.last_at,
  }));
}

/** Notes which webhooks a sync serves. Safe to repeat. */
export async function noteServed(
  store: Store,
  integrationId: string,
  syncId: string,
  served: readonly ServedDeliveries[],
): Promise<void> {
  if (served.length === 0) return;
  await store.db
    .insertInto('kombo_sync.sync_deliveries')
    .values(
      served.map(({ type, times, firstAt, lastAt }) => ({
        sync_id: syncId,
        integration_id: integrationId,
        type,
        times,
        first_at: new Date(firstAt),
        last_at: new Date(lastAt),
      })),
    )
    .onConflict((conflict) => conflict.columns(['sync_id', 'type']).doNothing())
    .execute();
}
