import type { Client } from '@temporalio/client';
import { byHandLines } from '../operations/setup.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import { reconcileSchedules, type Reconciled } from '../temporal/reconcile.ts';
import type { ScheduleConfig } from '../temporal/schedule-specs.ts';
import { schedulesChore } from '../temporal/schedules-chore.ts';
import { keepChore, type ChoreKeeper } from './keep-chore.ts';

interface KeeperDeps {
  store: Store;
  client: Client;
  config: ScheduleConfig;
  log: Logger;
  /** How often it looks whether it is due. */
  lookEveryMs?: number;
}

/**
 * Brings the schedules in step when the settings are others than the last time, and once a day, since you can change and
 * delete schedules in Temporal.
 */
export function keepSchedules({ store, client, config, log, ...rest }: KeeperDeps): ChoreKeeper {
  return keepChore({
    ...rest,
    store,
    log,
    chore: schedulesChore(config),
    failure: 'The schedules could not be brought in step',
    act: async (signal) => {
      const done = await reconcileSchedules({ client, store, config, signal });
      tell(log, done);
      return done.failed.length === 0;
    },
  });
}

function tell(log: Logger, done: Reconciled): void {
  const { created, updated, deleted, failed } = done;
  for (const { id, message } of failed) {
    log.warn(
      { integrationId: id },
      `The schedules of an integration could not be brought in step: ${message}`,
    );
  }
  const byHand = byHandLines(done);
  if (byHand.length > 0) log.warn(byHand.map((line) => line.trim()).join(' '));
  if (created.length + updated.length + deleted.length > 0) {
    log.info(
      { created: created.length, updated: updated.length, deleted: deleted.length },
      'Brought the schedules in step with the settings',
    );
  }
}
