import { sql } from 'kysely';
import type { Store } from '../database.ts';

/**
 * Draws a number for the present moment. Numbers of one sequence order the moments at which Kombo is asked and at which
 * its answers arrive: all workers share the sequence, and it does not go back as a clock may.
 */
export async function drawObservation(store: Store): Promise<number> {
  const { rows } = await sql<{ seq: number }>`select nextval('kombo_sync.observations') as seq`.execute(
    store.db,
  );
  return rows[0]!.seq;
}
