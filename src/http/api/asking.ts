import type { TemporalHandle } from '../../temporal/connect.ts';
import { postgresAway, temporalAway } from '../errors/outages.ts';
import { NoAnswer, within } from '../../within.ts';

const POSTGRES_MS = 15_000;
const TEMPORAL_MS = 5_000;

/** Postgres' answer, or a problem that says that it does not answer. */
export async function askPostgres<T>(work: Promise<T>, ms = POSTGRES_MS): Promise<T> {
  try {
    return await within(ms, work);
  } catch (error) {
    throw error instanceof NoAnswer ? postgresAway(error) : error;
  }
}

/** Temporal's answer, or a problem that says that it does not answer. */
export async function askTemporal<T>(temporal: TemporalHandle, work: () => Promise<T>): Promise<T> {
  try {
    const deadline = Date.now() + TEMPORAL_MS;
    // The client may exceed its deadline by one pause between two tries.
    return await within(TEMPORAL_MS, temporal.client.withDeadline(deadline, work));
  } catch (error) {
    throw error instanceof NoAnswer ? temporalAway(error) : error;
  }
}
