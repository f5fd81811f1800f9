import { prune } from '../src/store/state/retention.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { keepAlive } from './support/liveness.ts';

/** Removes changes and history that are older than CHANGES_RETENTION and HISTORY_RETENTION. */
export function createTidyUp(deps: ActivityDeps) {
  return async function tidyUp(): Promise<{ changes: number; passes: number }> {
    return asFailures(async () => {
      using liveness = keepAlive();
      return prune(deps.store, {
        changesMs: deps.settings.CHANGES_RETENTION,
        consumerMs: deps.settings.CONSUMER_MAX_LAG,
        historyMs: deps.settings.HISTORY_RETENTION,
        signal: liveness.signal,
      });
    });
  };
}
