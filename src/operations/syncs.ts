import { defined } from '../domain/defined.ts';
import type { FullSyncOptions } from '../domain/full-sync-options.ts';
import type { Trigger } from '../domain/sync.ts';
import { outageOf } from '../outages/index.ts';
import { listIntegrations, type Integration } from '../store/state/integrations.ts';
import { forgetNextLook } from '../store/state/life.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import { syncWorkflowId } from '../domain/names.ts';
import { openSync } from '../temporal/open-runs.ts';
import { requestSyncNow, startFullSync, type StartedRun } from '../temporal/start.ts';
import { audited, permitted, type Act } from './audited.ts';
import type { OperationDeps } from './deps.ts';
import { OperationError } from './errors.ts';
import { createPace } from './pace.ts';
import { checkModels, checkReason, chosenModels, requireIntegration, requireReadable } from './require.ts';

export interface StartedSync {
  integrationId: string;
  workflowId: string;
  runId: string;
  /** A sync ran already, and this is that one. A full sync keeps the options it was started with. */
  alreadyRunning: boolean;
  /** When it begins, if it is delayed: syncs that start together are spread. */
  beginsAt: Date | null;
  /** Its run in Temporal's UI; null if TEMPORAL_UI_URL is not set. */
  temporalUrl: string | null;
}

/** The run of `sync/<id>` that reads what you asked for. @param before the run that was open before you asked. */
export function toStarted(
  { links }: Pick<OperationDeps, 'links'>,
  integrationId: string,
  run: StartedRun,
  before: string | undefined,
): StartedSync {
  const alreadyRunning = run.runId === before;
  return { integrationId, ...run, alreadyRunning, beginsAt: null, temporalUrl: links.run(run) };
}

/** Starts the full sync of an integration, or finds the one that runs. */
export async function startFull(
  deps: OperationDeps,
  integration: Pick<Integration, 'id' | 'tool' | 'category'>,
  options: FullSyncOptions & { trigger?: Trigger; startDelayMs?: number },
): Promise<StartedSync> {
  deps.signal?.throwIfAborted();
  const { id, tool, category } = integration;
  const { handle, runId, alreadyRunning, beginsAt } = await startFullSync(deps.temporal.client, deps.config, {
    integrationId: id,
    tool,
    category,
    ...options,
  });
  const run = { workflowId: handle.workflowId, runId };
  return { integrationId: id, ...run, alreadyRunning, beginsAt, temporalUrl: deps.links.run(run) };
}

/** Reads everything of one integration again. @throws OperationError if it cannot be read, or a model is wrong. */
export async function fullSync(
  deps: OperationDeps,
  id: string,
  options: FullSyncOptions,
): Promise<StartedSync> {
  const act: Act = { action: 'full-sync', integrationId: id, details: { ...options } };
  const { integration, models } = await permitted(deps, act, () => readable(deps, id, options.models));
  return audited(deps, act, () => startFull(deps, integration, { ...options, ...defined({ models }) }));
}

async function readable({ store, config }: OperationDeps, id: string, models: string[] | undefined) {
  const integration = await requireIntegration(store, id);
  checkModels(models, integration.category, config.EXTRA_ENDPOINTS);
  requireReadable(integration);
  return { integration, models: chosenModels(models, integration, config) };
}

const AT_ONCE = 8;

/** Reads everything of every active integration again. Temporal paces the starts, so this call returns soon. */
export async function fullSyncAll(
  deps: OperationDeps,
  options: FullSyncOptions & { perMinute: number },
  onStarted: (started: number, total: number) => void = () => {},
): Promise<StartedSync[]> {
  const { perMinute, ...what } = options;
  return audited(
    deps,
    { action: 'full-sync-all', integrationId: null, details: { ...options } },
    async () => {
      const integrations = (await listIntegrations(deps.store)).filter(({ status }) => status === 'active');
      const started: StartedSync[] = [];
      const pace = createPace(perMinute);
      let next = 0;
      let done = 0;
      const work = async () => {
        for (let index = next++; index < integrations.length; index = next++) {
          started[index] = await startFull(deps, integrations[index]!, { ...what, startDelayMs: pace() });
          onStarted(++done, integrations.length);
        }
      };
      // Wait for all of them, even if one fails.
      const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      return started;
    },
  );
}

/** A running worker accepts within milliseconds, a busy one within seconds. */
const ACCEPT_BOUND_MS = 15_000;
const LOOK_BOUND_MS = 5_000;

/**
 * Reads what has changed now, without waiting for a webhook; every endpoint if no models are named. If a sync already
 * runs, or waits for its debounce, that one reads it.
 */
export async function syncNow(
  deps: OperationDeps,
  id: string,
  options: { models?: string[] | undefined },
): Promise<StartedSync> {
  const act: Act = { action: 'sync-now', integrationId: id, details: { ...options } };
  const { integration, models } = await permitted(deps, act, () => readable(deps, id, options.models));
  const { tool, category } = integration;
  const { client } = deps.temporal;
  return audited(deps, act, async () => {
    // This also shows that Temporal answers: if the request then times out, a worker is missing.
    const before = await openRun(deps, id);
    const run = await client
      .withDeadline(Date.now() + ACCEPT_BOUND_MS, () =>
        requestSyncNow(client, deps.config, { integrationId: id, models, tool, category }),
      )
      .catch((error: unknown) => {
        throw describeRefusal(error, deps.config.TASK_QUEUE);
      });
    return toStarted(deps, id, run, before);
  });
}

/**
 * The open run of `sync/<id>`. Asked before a request, it distinguishes a run that is joined from one that is started.
 */
export function openRun({ temporal: { client } }: OperationDeps, id: string): Promise<string | undefined> {
  return client.withDeadline(Date.now() + LOOK_BOUND_MS, () => openSync(client, id));
}

/** Only a worker can accept the request. Without one it times out although Temporal answers. */
function describeRefusal(error: unknown, taskQueue: string): unknown {
  const outage = outageOf(error);
  if (outage?.part !== 'temporal' || outage.kind !== 'late') return error;
  return new OperationError(
    'no_worker',
    `No worker answered on task queue ${taskQueue}. Start one by: kombo-sync worker. "kombo-sync doctor" looks for it.`,
    { cause: error },
  );
}

/** Why, for the audit log. */
export interface Reasoned {
  reason?: string | undefined;
}

export interface CancelledSyncs {
  integrationId: string;
  /** Ids of the workflows that ran. */
  cancelled: string[];
}

/**
 * Cancels the syncs of an integration. What was not read is owed, and the next sync reads it. If a cancelled sync
 * waited to look up a parked integration, the next sync looks it up.
 */
export async function cancelSyncs(
  deps: OperationDeps,
  id: string,
  { reason }: Reasoned = {},
): Promise<CancelledSyncs> {
  if (reason !== undefined) checkReason(reason);
  const act: Act = { action: 'cancel', integrationId: id, details: defined({ reason: reason?.trim() }) };
  const { retryAt } = await permitted(deps, act, () => requireIntegration(deps.store, id));
  return audited(deps, act, async () => {
    const cancelled = await createLifecycle(deps.temporal.client, deps.config).cancelSyncs(id);
    if (retryAt && cancelled.includes(syncWorkflowId(id))) await forgetNextLook(deps.store, id, retryAt);
    return { integrationId: id, cancelled };
  });
}
