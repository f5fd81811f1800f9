import type { Store } from '../src/store/database.ts';

/**
 * The database's clock, read once and carried on by a monotonic timer. Several workers write the same tables, so the
 * moments that decide which version is newer must come from one clock. It counts from the arrival of the answer and so
 * runs at most one round trip late, never early.
 */
export async function databaseClock(store: Store): Promise<() => Date> {
  const { rows } = await store.pool.query<{ now: Date }>('select clock_timestamp() as now');
  const arrived = performance.now();
  const start = rows[0]!.now.getTime();
  return () => new Date(start + Math.floor(performance.now() - arrived));
}
