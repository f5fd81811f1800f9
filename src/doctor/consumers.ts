import type { Config } from '../config.ts';
import { listConsumers } from '../store/state/consumers.ts';
import type { Store } from '../store/database.ts';
import { ok, warn, type Check } from './check.ts';

/** From so much of the time on for which its changes are kept, a consumer is named. */
const LATE = 0.7;

/** What a consumer has not read is kept for a while only: this is said before it is removed. */
export async function checkConsumers(store: Store, config: Config): Promise<Check> {
  const consumers = await listConsumers(store);
  if (consumers.length === 0) return ok('Consumers', 'none is registered');
  const keptMs = Math.max(config.CHANGES_RETENTION, config.CONSUMER_MAX_LAG);
  const late = consumers.filter(({ lagSeconds }) => lagSeconds * 1_000 > keptMs * LATE);
  const failing = consumers.filter(({ lastError, failures }) => lastError !== null || failures > 0);
  if (late.length > 0) {
    const names = late.map(({ name, lagSeconds }) => `${name} (${Math.round(lagSeconds / 3_600)} h behind)`);
    return warn(
      'Consumers',
      `${names.join(', ')}: what they have not read is soon removed`,
      'Start them, or remove those that you do not need: kombo-sync consumers remove <name>. CONSUMER_MAX_LAG keeps it for longer.',
    );
  }
  if (failing.length > 0) {
    return warn(
      'Consumers',
      `${failing.map(({ name }) => name).join(', ')} cannot handle a change`,
      'Look at the error: kombo-sync consumers show <name>. Then try again what was skipped: kombo-sync consumers retry <name>.',
    );
  }
  return ok('Consumers', `${consumers.length} registered, none far behind`);
}
