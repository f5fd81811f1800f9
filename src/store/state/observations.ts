import { sql } from 'kysely';
import type { Store } from '../database.ts';

/**
 * Draws the number of the present moment. Moments at which Kombo is asked, and at which an answer has arrived, are told apart
 * by numbers of one sequence: it is the same for all workers, and does not go back with a clock.
 */
export async function drawObservation(store: Store): Promise<number> {
  const { rows } = await sql<{ seq: number }>`select nextval('kombo_sync.observations') as seq`.execute(
    store.db,
  );
  return rows[0]!.seq;
}
