import { Client } from '@temporalio/client';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { createActivities, type PageEvent } from '../../activities/index.ts';
import { ConfigError } from '../config-error.ts';
import { missing, type Config } from '../config.ts';
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
import { unusableNames } from '../temporal/labels.ts';
import { clientInterceptors, span, workerTracing } from '../tracing/index.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import { settleIntegration } from '../temporal/settle.ts';
import { connectWorker } from './connect.ts';
import { startHousekeeping } from './housekeeping.ts';
import { activityLog } from './activity-log.ts';
import { createWorkerMetrics } from './metrics.ts';
import { workflowBundle } from './bundle.ts';
import { startMonitor, type Monitor } from './monitor.ts';
import { installRuntime } from './runtime.ts';
import { createSinks } from './sinks.ts';
import { slotsOf } from './slots.ts';

export type { PageEvent } from '../../activities/index.ts';

export interface RunningWorker {
  /** Lets the pages in flight commit, gives the rest back, and ends within half a minute. */
  stop(): Promise<void>;
  /** Settles when the worker has ended; rejects when it ended by itself with an error. */
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

const CACHED_WORKFLOWS = 500;
/** Longer than a request to Kombo may take, shorter than the patience of Kubernetes should be set to. */
const SHUTDOWN_FORCE_TIME = '35s';

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
  });
  const kombo = komboOf(config, {
    onAsked: meter.asked,
    onLimits: (...said) => budget.note(...said),
  });
  const problems = problemsOfWorker(config);
  if (!kombo) problems.push(missing('KOMBO_API_KEY'));
  if (!kombo || problems.length > 0) throw new ConfigError(problems);
  const fields = fieldsOf(config);
  await takeUpChoice(store, fields, log);
  installRuntime(log, { metrics: METRICS_PORT !== undefined });
  const { connection, namespace } = await connectWorker();
  const client = new Client({ connection, namespace, interceptors: { workflow: clientInterceptors() } });
  const tracing = workerTracing();
  const lifecycle = createLifecycle(client, config);
  const settle = async (id: string, except?: string) => {
    await settleIntegration({ store, lifecycle }, id, except);
  };
  const notifyChanges = createChangeNotifier(store);
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
  let worker: Worker;
  let monitor: Monitor | undefined;
  try {
    worker = await Worker.create({
      connection,
      namespace,
      taskQueue: config.TASK_QUEUE,
      activities,
      workflowBundle: await workflowBundle(tracing?.workflowModule),
      sinks: { ...createSinks(log, meter), ...tracing?.sinks },
      interceptors: { activity: tracing ? [tracing.activityInterceptors] : [] },
      ...slotsOf(config),
      maxCachedWorkflows: CACHED_WORKFLOWS,
      workflowTaskPollerBehavior: { type: 'autoscaling' },
      activityTaskPollerBehavior: { type: 'autoscaling' },
      shutdownForceTime: SHUTDOWN_FORCE_TIME,
      // Eager dispatch would go round the priorities of the task queue.
      maxEagerActivityReservationsPerWorkflowTask: 0,
    });
    if (METRICS_PORT !== undefined) {
      const { HOST: host } = config;
      const isRunning = () => worker.getState() === 'RUNNING';
      const temporal = { connection, namespace };
      monitor = await startMonitor({ host, port: METRICS_PORT, metrics, isRunning, store, temporal, log });
    }
  } catch (error) {
    await connection.close();
    throw error;
  }
  log.info({ taskQueue: config.TASK_QUEUE, namespace }, 'worker started');
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
  const finished = runAndClose(worker, connection, async () => {
    await housekeeping.stop();
    await monitor?.close();
  });
  finished.catch(() => {});
  return {
    metricsUrl: monitor?.url,
    finished,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await finished;
    },
  };
}

async function runAndClose(
  worker: Worker,
  connection: NativeConnection,
  stopRest: () => Promise<void>,
): Promise<void> {
  try {
    await worker.run();
  } finally {
    await stopRest();
    await connection.close();
  }
}
