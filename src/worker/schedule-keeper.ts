import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { byHandLines } from '../operations/setup.ts';
import { explain } from '../outages/index.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import { HOLD_MS, holdChore, letGo, noteDone, takeChore } from '../store/state/chores.ts';
import { reconcileSchedules, type Reconciled } from '../temporal/reconcile.ts';
import type { ScheduleConfig } from '../temporal/schedule-specs.ts';
import { schedulesChore } from '../temporal/schedules-chore.ts';

interface KeeperDeps {
  store: Store;
  client: Client;
  config: ScheduleConfig;
  log: Logger;
  /** How often it looks whether it is due. */
  lookEveryMs?: number;
}

export interface ScheduleKeeper {
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 5 * 60_000;
let keepers = 0;

/**
 * Brings the schedules in step when the settings are others than the last time, and once a day, since you can change and
 * delete schedules in Temporal. One worker does it for all: a start of the others costs one statement.
 */
export function keepSchedules(deps: KeeperDeps): ScheduleKeeper {
  const { lookEveryMs = LOOK_EVERY_MS, log } = deps;
  const stop = new AbortController();
  const by = `${hostname()}/${process.pid}/${(keepers += 1)}`;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  // Where workers have different settings, as while you change them, each start counts once, or they would undo each other.
  let isStart = true;
  const look = () => {
    looking = keep(deps, by, isStart, stop.signal)
      .then(() => void (isStart = false))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) log.warn(`The schedules could not be brought in step: ${explain(error)}`);
      })
      .finally(() => {
        if (!stop.signal.aborted) timer = setTimeout(look, lookEveryMs).unref();
      });
  };
  look();
  return {
    async stop() {
      stop.abort();
      clearTimeout(timer);
      await looking;
    },
  };
}

async function keep(deps: KeeperDeps, by: string, isStart: boolean, signal: AbortSignal): Promise<void> {
  const { store, client, config, log } = deps;
  const chore = { ...schedulesChore(config), by };
  if (!(await takeChore(store, chore, { anyVersion: !isStart }))) return;
  const lost = new AbortController();
  const hold = setInterval(() => {
    holdChore(store, chore).then(
      (held) => held || lost.abort(new Error('Another worker has taken it over.')),
      () => {},
    );
  }, HOLD_MS / 4).unref();
  try {
    const done = await reconcileSchedules({
      client,
      store,
      config,
      signal: AbortSignal.any([signal, lost.signal]),
    });
    tell(log, done);
    if (done.failed.length === 0) await noteDone(store, chore);
    else await letGo(store, chore);
  } catch (error) {
    await letGo(store, chore).catch(() => {});
    throw error;
  } finally {
    clearInterval(hold);
  }
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
