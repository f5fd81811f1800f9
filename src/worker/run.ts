import { Client } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities, type PageEvent } from '../../activities/index.ts';
import { ConfigError } from '../config-error.ts';
import { missing, type Config } from '../config.ts';
import { fieldsOf } from '../kombo/fields.ts';
import { komboOf } from '../kombo/client.ts';
import type { Logger } from '../log.ts';
import { takeUpChoice } from '../operations/fields.ts';
import { createChangeNotifier } from '../store/feed.ts';
import type { Store } from '../store/database.ts';
import { TableGate } from '../../activities/support/table-gate.ts';
import { unusableNames, warnOfUnusable } from '../temporal/labels.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import { settleIntegration } from '../temporal/settle.ts';
import { connectWorker } from './connect.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createWorkers } from './queues.ts';
import { installRuntime } from './runtime.ts';
import { keepSchedules } from './schedule-keeper.ts';

export type { PageEvent } from '../../activities/index.ts';

export interface RunningWorker {
  /** Lets the pages in flight commit, gives the rest back, and ends within half a minute. */
  stop(): Promise<void>;
  /** Settles when the worker has ended; rejects when it ended by itself with an error. */
  readonly finished: Promise<void>;
}

export interface WorkerDeps {
  config: Config;
  store: Store;
  log: Logger;
  onPage?: ((event: PageEvent) => void) | undefined;
  chunkMs?: number | undefined;
}

/** Starts a worker for workflows and activities. Many may run, in one place or several. */
export async function startWorker(deps: WorkerDeps): Promise<RunningWorker> {
  const { config, store, log } = deps;
  const kombo = komboOf(config);
  if (!kombo) throw new ConfigError([missing('KOMBO_API_KEY')]);
  const fields = fieldsOf(config);
  await takeUpChoice(store, fields, log);
  installRuntime(log);
  const { connection, namespace } = await connectWorker();
  const client = new Client({ connection, namespace });
  const lifecycle = createLifecycle(client, config);
  const settle = async (id: string, except?: string) => {
    await settleIntegration({ store, lifecycle }, id, except);
  };
  const notifyChanges = createChangeNotifier(store);
  const activities = createActivities({
    settings: config,
    store,
    kombo,
    fields,
    temporal: {
      wake: (id) => lifecycle.wake(id),
      settle,
      unusableLabels: () => unusableNames(client),
    },
    gate: new TableGate(),
    log,
    notifyChanges,
    onPage: deps.onPage,
    chunkMs: deps.chunkMs,
  });
  const workers = await createWorkers({ connection, namespace, activities }, config.TASK_QUEUE);
  log.info({ taskQueue: config.TASK_QUEUE, namespace }, 'worker started');
  const housekeeping = startHousekeeping({
    store,
    client,
    settle,
    wake: (id) => lifecycle.wake(id),
    settings: config,
    eraseDeletedAfterMs: config.ERASE_DELETED_AFTER,
    notifyChanges,
    log,
  });
  const keeper = keepSchedules({ store, client, config, log });
  void warnOfUnusable(client, log);
  const finished = runAndClose(workers, connection, async () => {
    await Promise.all([housekeeping.stop(), keeper.stop()]);
  });
  finished.catch(() => {});
  return {
    finished,
    stop: async () => {
      shutDown(workers);
      await finished;
    },
  };
}

/** One that ends by itself takes the others with it. */
async function runAndClose(
  workers: readonly Worker[],
  connection: NativeConnection,
  stopHousekeeping: () => Promise<void>,
): Promise<void> {
  const runs = workers.map((worker) => worker.run().finally(() => shutDown(workers)));
  try {
    await Promise.all(runs);
  } finally {
    await Promise.allSettled(runs);
    await stopHousekeeping();
    await connection.close();
  }
}

function shutDown(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}
