import { readSafetyNet, type SafetyNet } from '../../operations/safety-net.ts';
import type { HttpDeps } from '../deps.ts';
import { readAtIntervals, type IntervalOptions } from './at-intervals.ts';

/** With twenty thousand integrations, some seconds of work for Temporal and Postgres: an hour of it a day at most. */
const INTERVALS: IntervalOptions = { maxAgeMs: 60_000, rest: 50, timeoutMs: 2_000, lateMs: 30 * 60_000 };
const TIMEOUT_MS = 60_000;

/** Reads how the weekly full syncs are doing, with pauses. Undefined while Postgres cannot be read. */
export function createSafetyNetReader(
  { store, config, temporal }: Pick<HttpDeps, 'store' | 'config' | 'temporal'>,
  options: Partial<IntervalOptions> = {},
): () => Promise<SafetyNet | undefined> {
  const { client } = temporal;
  return readAtIntervals(() => readSafetyNet({ store, config, client, timeoutMs: TIMEOUT_MS }), {
    ...INTERVALS,
    ...options,
  });
}
