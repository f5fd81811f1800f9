import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config.ts';
import { mostSlots } from '../settings/worker.ts';

type Slots = Pick<WorkerOptions, 'maxConcurrentActivityTaskExecutions' | 'tuner'>;

/** Leaves room for what else runs on the machine. */
const TARGETS = { targetMemoryUsage: 0.8, targetCpuUsage: 0.9 };
const FEWEST = 4;

/**
 * How many activities run at once. Reading is waiting for Kombo, so many fit in one process; each holds a page or two in
 * memory. With `auto`, Temporal's tuner hands slots out while memory and CPU last.
 */
export function slotsOf(config: Pick<Config, 'WORKER_SLOTS' | 'DATABASE_POOL'>): Slots {
  const { WORKER_SLOTS } = config;
  if (WORKER_SLOTS !== 'auto') return { maxConcurrentActivityTaskExecutions: WORKER_SLOTS };
  const maximumSlots = mostSlots(config);
  const minimumSlots = Math.min(FEWEST, maximumSlots);
  return {
    tuner: { tunerOptions: TARGETS, activityTaskSlotOptions: { minimumSlots, maximumSlots } },
  };
}
