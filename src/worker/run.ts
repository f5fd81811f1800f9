import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import {
  bundleWorkflowCode,
  Runtime,
  Worker,
  type NativeConnection,
  type WorkflowBundleOption,
} from '@temporalio/worker';
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
import { unusableNames } from '../temporal/labels.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import { settleIntegration } from '../temporal/settle.ts';
import { connectWorker } from './connect.ts';
import { startHousekeeping } from './housekeeping.ts';
import { installRuntime } from './runtime.ts';

export type { PageEvent } from '../../activities/index.ts';

export interface RunningWorker {
  /** Commits the pages in flight, gives the rest back, and ends within half a minute. */
  stop(): Promise<void>;
  /** Settles when the worker has ended; rejects if it ended by itself with an error. */
  readonly finished: Promise<void>;
}

export interface WorkerDeps {
  config: Config;
  store: Store;
  log: Logger;
  onPage?: ((event: PageEvent) => void) | undefined;
  chunkMs?: number | undefined;
}

/** A read mostly waits for Kombo, so many activities fit in one process. Each holds a page or two in memory. */
const ACTIVITY_SLOTS = 40;
const CACHED_WORKFLOWS = 500;
/** Longer than a request to Kombo may take, shorter than the grace period that you should set in Kubernetes. */
const SHUTDOWN_FORCE_TIME = '35s';

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
  let worker: Worker;
  try {
    worker = await Worker.create({
      connection,
      namespace,
      taskQueue: config.TASK_QUEUE,
      activities,
      workflowBundle: await workflowBundle(),
      maxConcurrentActivityTaskExecutions: ACTIVITY_SLOTS,
      maxCachedWorkflows: CACHED_WORKFLOWS,
      workflowTaskPollerBehavior: { type: 'autoscaling' },
      activityTaskPollerBehavior: { type: 'autoscaling' },
      shutdownForceTime: SHUTDOWN_FORCE_TIME,
      // Eager dispatch would bypass the priorities of the task queue.
      maxEagerActivityReservationsPerWorkflowTask: 0,
    });
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
    settings: config,
    eraseDeletedAfterMs: config.ERASE_DELETED_AFTER,
    notifyChanges,
    log,
  });
  const finished = runAndClose(worker, connection, () => housekeeping.stop());
  finished.catch(() => {});
  return {
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
  stopHousekeeping: () => Promise<void>,
): Promise<void> {
  try {
    await worker.run();
  } finally {
    await stopHousekeeping();
    await connection.close();
  }
}

/** The prebuilt bundle of the package, or the workflow sources, which each process bundles once. */
async function workflowBundle(): Promise<WorkflowBundleOption> {
  const bundle = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));
  if (existsSync(bundle)) return { codePath: bundle };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workflowsPath = fileURLToPath(new URL(`../../workflows/index.${extension}`, import.meta.url));
  bundled ??= bundleWorkflowCode({ workflowsPath, logger: Runtime.instance().logger });
  return bundled;
}

let bundled: Promise<WorkflowBundleOption> | undefined;
