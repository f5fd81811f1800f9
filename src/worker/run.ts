import { Client } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities, type PageEvent } from '../../activities/index.ts';
import { ConfigError } from '../config-error.ts';
import { missing, type Config } from '../config.ts';
import { defined } from '../domain/defined.ts';
import { fieldsOf } from '../kombo/fields.ts';
import { komboOf } from '../kombo/client.ts';
import type { Logger } from '../log.ts';
import { takeUpChoice } from '../operations/fields.ts';
import { tellOperators } from '../operations/tell.ts';
import { createChangeNotifier } from '../store/feed.ts';
import { problemsOfWorker } from '../settings/worker.ts';
import type { Store } from '../store/database.ts';
import { createRequestBudget } from '../../activities/support/request-budget.ts';
import { TableGate } from '../../activities/support/table-gate.ts';
import { unusableNames, warnOfUnusable } from '../temporal/labels.ts';
import { clientInterceptors, span } from '../tracing/index.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import { settleIntegration } from '../temporal/settle.ts';
import { connectWorker } from './connect.ts';
import { startChangesSignaller, type ChangesSignaller } from './changes-signaller.ts';
import { keepHeap } from './heap.ts';
import { keepHistory } from './history-keeper.ts';
import { startHousekeeping } from './housekeeping.ts';
import { activityLog } from './activity-log.ts';
import { createWorkerMetrics } from './metrics.ts';
import { startMonitor, type Monitor } from './monitor.ts';
import { createWorkers, letGo } from './queues.ts';
import { installRuntime } from './runtime.ts';
import { keepSchedules } from './schedule-keeper.ts';
import { createSinks } from './sinks.ts';

export type { PageEvent } from '../../activities/index.ts';

export interface RunningWorker {
  /** Commits the pages in flight, gives the rest back, and ends within half a minute. */
  stop(): Promise<void>;
  /** Settles when the worker has ended; rejects if it ended by itself with an error. */
  readonly finished: Promise<void>;
  /** Where METRICS_PORT is, from this machine. */
  readonly metricsUrl: string | undefined;
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
  const { METRICS_PORT, METRICS_PER_INTEGRATION } = config;
  const metrics = createWorkerMetrics({ perIntegration: METRICS_PER_INTEGRATION });
  const { meter } = metrics;
  const budget = createRequestBudget({
    store,
    perMinute: config.KOMBO_REQUESTS_PER_MINUTE,
    concurrency: config.KOMBO_CONCURRENCY,
    onWait: (wait) => meter.waited(wait),
  });
  const kombo = komboOf(config, {
    onAsked: (request) => meter.asked(request),
    onLimits: (...said) => budget.note(...said),
  });
  const problems = problemsOfWorker(config);
  if (!kombo) problems.push(missing('KOMBO_API_KEY'));
  if (!kombo || problems.length > 0) throw new ConfigError(problems);
  const fields = fieldsOf(config);
  await takeUpChoice(store, fields, log);
  keepHeap();
  installRuntime(log, { metrics: METRICS_PORT !== undefined });
  const { connection, namespace, dataConverter } = await connectWorker();
  const interceptors = { workflow: clientInterceptors() };
  const client = new Client({ connection, namespace, dataConverter, interceptors });
  const lifecycle = createLifecycle(client, config);
  const settle = async (id: string, except?: string) => {
    await settleIntegration({ store, lifecycle }, id, except);
  };
  let signaller: ChangesSignaller | undefined;
  const wakeReaders = createChangeNotifier(store);
  const notifyChanges = () => {
    wakeReaders();
    signaller?.wake();
  };
  const activities = createActivities({
    settings: config,
    store,
    kombo,
    budget,
    fields,
    temporal: {
      wake: (id) => lifecycle.wake(id),
      settle,
      unusableLabels: () => unusableNames(client),
    },
    gate: new TableGate(),
    log: activityLog,
    meter,
    span,
    notifyChanges,
    onPage: deps.onPage,
    chunkMs: deps.chunkMs,
  });
  const sinks = createSinks(log, meter);
  const workers = await createWorkers({ connection, namespace, dataConverter, activities, sinks }, config);
  let monitor: Monitor | undefined;
  try {
    if (METRICS_PORT !== undefined) {
      const { HOST: host } = config;
      const isRunning = () => workers.every((worker) => worker.getState() === 'RUNNING');
      const temporal = { connection, namespace };
      monitor = await startMonitor({ host, port: METRICS_PORT, metrics, isRunning, store, temporal, log });
    }
  } catch (error) {
    await letGo(workers, connection);
    throw error;
  }
  const { TASK_QUEUE: taskQueue, TEMPORAL_WORKER_BUILD_ID: buildId } = config;
  log.info({ taskQueue, namespace, ...defined({ buildId }) }, 'worker started');
  const housekeeping = startHousekeeping({
    store,
    client,
    settle,
    wake: (id) => lifecycle.wake(id),
    tell: () => tellOperators({ store, client, config, log }),
    settings: config,
    eraseDeletedAfterMs: config.ERASE_DELETED_AFTER,
    notifyChanges,
    log,
  });
  const signals = (signaller = startChangesSignaller({ store, client, config, log, meter }));
  const keepers = [keepSchedules({ store, client, config, log }), keepHistory({ store, config, log })];
  void warnOfUnusable(client, log);
  const finished = runAndClose(workers, connection, async () => {
    await Promise.all([housekeeping, signals, ...keepers].map((part) => part.stop()));
    await monitor?.close();
  });
  finished.catch(() => {});
  return {
    metricsUrl: monitor?.url,
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
  stopRest: () => Promise<void>,
): Promise<void> {
  const runs = workers.map((worker) => worker.run().finally(() => shutDown(workers)));
  try {
    await Promise.all(runs);
  } finally {
    await Promise.allSettled(runs);
    await stopRest();
    await connection.close();
  }
}

function shutDown(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}
