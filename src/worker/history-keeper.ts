import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import { prune } from '../store/state/retention.ts';
import { keepChore, type ChoreKeeper } from './keep-chore.ts';

interface KeeperDeps {
  store: Store;
  config: Pick<Config, 'CHANGES_RETENTION' | 'CONSUMER_MAX_LAG' | 'HISTORY_RETENTION'>;
  log: Logger;
  /** How often it looks whether it is due. */
  lookEveryMs?: number;
}

const HOUR_MS = 60 * 60_000;

/** Removes old changes, passes and notes every hour, and when the settings are others than the last time. */
export function keepHistory({ store, config, log, ...rest }: KeeperDeps): ChoreKeeper {
  const { CHANGES_RETENTION: changesMs, CONSUMER_MAX_LAG: consumerMs, HISTORY_RETENTION: historyMs } = config;
  return keepChore({
    ...rest,
    store,
    log,
    chore: { name: 'history', version: [changesMs, consumerMs, historyMs].join('/'), everyMs: HOUR_MS },
    failure: 'Old history could not be removed',
    act: async (signal) => {
      const { changes, passes } = await prune(store, { changesMs, consumerMs, historyMs, signal });
      if (changes + passes > 0) log.info({ changes, passes }, 'Old history is removed');
      return true;
    },
  });
}
