import {
  Worker,
  type InjectedSinks,
  type NativeConnection,
  type WorkerDeploymentOptions,
  type WorkerOptions,
} from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import type { SyncSinks } from '../../workflows/story.ts';
import type { Config } from '../config.ts';
import { defined } from '../domain/defined.ts';
import { fullSyncQueue } from '../domain/names.ts';
import { deploymentVersion, type VersionSettings } from '../settings/worker-versions.ts';
import { workerTracing } from '../tracing/index.ts';
import { workflowBundle } from './bundle.ts';
import { fullSyncSlots, slotsOf } from './slots.ts';

interface Common {
  connection: NativeConnection;
  namespace: string;
  dataConverter: DataConverter;
  activities: object;
  sinks: InjectedSinks<SyncSinks>;
}

type Bounds = Pick<
  WorkerOptions,
  | 'maxConcurrentActivityTaskExecutions'
  | 'tuner'
  | 'maxConcurrentWorkflowTaskExecutions'
  | 'maxCachedWorkflows'
>;

const CACHED_NEWS = 250;

/**
 * What a thousand full syncs may have under way at once, by bench/wave.ts: enough to keep the processors busy, and few enough
 * that Temporal and Postgres answer a webhook beside them without a queue.
 */
const FULL_SYNCS: Bounds = {
  maxConcurrentWorkflowTaskExecutions: 4,
  maxCachedWorkflows: 100,
};

/** Longer than a request to Kombo may take, shorter than the patience of Kubernetes should be set to. */
const SHUTDOWN_FORCE_TIME = '35s';

/**
 * The two task queues of a worker: news, and full syncs. Each takes every workflow and activity, since a run that you start by
 * hand may be on either.
 *
 * @throws after it has closed the connection.
 */
export async function createWorkers(
  common: Common,
  config: Pick<Config, 'TASK_QUEUE' | 'WORKER_SLOTS' | 'DATABASE_POOL'> & VersionSettings,
): Promise<Worker[]> {
  const workers: Worker[] = [];
  try {
    const tracing = workerTracing();
    const bundle = await workflowBundle(tracing?.workflowModule);
    const create = async (queue: string, bounds: Bounds) => {
      const worker = await Worker.create({
        ...common,
        ...bounds,
        taskQueue: queue,
        ...defined({ workerDeploymentOptions: deploymentOptions(config) }),
        workflowBundle: bundle,
        sinks: { ...common.sinks, ...tracing?.sinks },
        interceptors: { activity: tracing ? [tracing.activityInterceptors] : [] },
        workflowTaskPollerBehavior: { type: 'autoscaling' },
        activityTaskPollerBehavior: { type: 'autoscaling' },
        shutdownForceTime: SHUTDOWN_FORCE_TIME,
        // Eager dispatch would go round the priorities of the task queue.
        maxEagerActivityReservationsPerWorkflowTask: 0,
      });
      workers.push(worker);
    };
    const { TASK_QUEUE: news } = config;
    await create(news, { ...slotsOf(config), maxCachedWorkflows: CACHED_NEWS });
    const maxConcurrentActivityTaskExecutions = fullSyncSlots(config);
    await create(fullSyncQueue(news), { ...FULL_SYNCS, maxConcurrentActivityTaskExecutions });
    return workers;
  } catch (error) {
    await letGo(workers, common.connection);
    throw error;
  }
}

/** Workers that never ran let go of the connection when they are run and stopped. */
export async function letGo(workers: readonly Worker[], connection: NativeConnection): Promise<void> {
  await Promise.allSettled(workers.map((worker) => worker.runUntil(async () => {})));
  await connection.close();
}

/** A run moves to the current version with its next workflow task; `fullSync` says otherwise of itself. */
function deploymentOptions(config: VersionSettings): WorkerDeploymentOptions | undefined {
  const version = deploymentVersion(config);
  return version && { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}
