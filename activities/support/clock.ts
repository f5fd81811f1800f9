import type { Store } from '../../src/store/database.ts';

/**
 * The database's clock, read once and continued by a monotonic timer. Several workers write the same tables, so their
 * times must come from one clock. The round trip leaves it uncertain by some milliseconds, so each use chooses the safe
 * side: the one that may read a change twice but never misses one.
 */
export interface DatabaseClock {
  /** Never after the present moment, for example for when a page was asked for. */
  earliest(): Date;
  /** Never before the present moment, for example for when an answer arrived, which moves the start of a pass back. */
  latest(): Date;
}

/** Exact enough: versions are not ordered by this clock, and the start of a pass is moved back by whole seconds. */
const QUICK_MS = 5;
const SAMPLES = 3;

export async function databaseClock(store: Store): Promise<DatabaseClock> {
  return sampleClock(
    async () => {
      const { rows } = await store.pool.query<{ now: Date }>('select clock_timestamp() as now');
      return rows[0]!.now;
    },
    () => performance.now(),
  );
}

/**
 * A busy process sends or receives late, and the clock is uncertain by the time of the round trip. So it asks again
 * after a slow round trip, and the quickest answer counts.
 */
export async function sampleClock(ask: () => Promise<Date>, elapsed: () => number): Promise<DatabaseClock> {
  let best = { said: 0, arrived: 0, roundTrip: Number.POSITIVE_INFINITY };
  for (let asked = 0; asked < SAMPLES && best.roundTrip > QUICK_MS; asked += 1) {
    const sent = elapsed();
    const said = (await ask()).getTime();
    const arrived = elapsed();
    if (arrived - sent < best.roundTrip) best = { said, arrived, roundTrip: arrived - sent };
  }
  const { said, arrived, roundTrip } = best;
  return {
    earliest: () => new Date(said + Math.floor(elapsed() - arrived)),
    // The answer is cut to milliseconds.
    latest: () => new Date(said + 1 + Math.ceil(elapsed() - arrived + roundTrip)),
  };
}
