import type { Store } from '../../src/store/database.ts';

/**
 * The database's clock, read once and carried on by a monotonic timer. Several workers write the same tables, so the moments
 * that these show must come from one clock. It is known but for the round trip of the question, so each use says which side
 * is safe: the one that rather reads something again than misses it.
 */
export interface DatabaseClock {
  /** Not after the present moment, as for when a page was asked for. */
  earliest(): Date;
  /** Not before it, as for when an answer came, by which the start of a pass is moved back. */
  latest(): Date;
}

/** Enough, since no version is told from another by it, and the start of a pass is moved back by whole seconds. */
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
 * A process that is busy sends late or looks late at what has come, and the clock is as uncertain as that took. So it asks again
 * where that was long, and the quickest answer counts.
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
