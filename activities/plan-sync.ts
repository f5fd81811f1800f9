import { Context } from '@temporalio/activity';
import { enabledEndpoints, isOffered, type EndpointDefinition } from '../src/domain/catalogue/index.ts';
import { syncWorkflowId } from '../src/domain/names.ts';
import { planPasses, type Plan } from '../src/domain/plan.ts';
import { routeModels } from '../src/domain/routing.ts';
import type { EndpointOutcome, PassKind, PlannedPass, ServedDeliveries } from '../src/domain/sync.ts';
import { noteServed } from '../src/store/deliveries.ts';
import { endpointStates, owe, type EndpointState } from '../src/store/endpoint-states.ts';
import { findIntegration, type Integration } from '../src/store/integrations.ts';
import { isReadWhole } from '../src/store/progress.ts';
import type { ActivityDeps } from './deps.ts';
import { asFailures } from './failures.ts';
import { lookUp } from './look-up.ts';

export interface PlanSyncInput {
  integrationId: string;
  kind: PassKind;
  /** Models that changed; undefined means every endpoint. */
  models?: string[] | undefined;
  syncId: string;
  /** Look the integration up at Kombo first. */
  refresh: boolean;
  /** A webhook told of its deletion (epoch milliseconds). */
  deletedAt?: number;
  /** Somebody asked for it: failing endpoints are tried although their pause is not over. */
  force?: boolean;
  /** The webhooks that the sync serves. */
  deliveries?: ServedDeliveries[];
}

export interface SyncPlan {
  tool?: string;
  category?: string;
  passes: PlannedPass[];
  /** Since when the integration is active without a break (ISO): what a pause has cut off is told by it. */
  activeSince?: string;
  skipped: EndpointOutcome[];
  unknownModels: string[];
  /** Why nothing is read at all: the integration is gone, parked, paused, or of a category that is not known. */
  blocked?: { code: string; message: string };
  /** When something that failed and is not part of the plan is tried again (ISO). */
  retryAt?: string;
}

/** Decides which endpoints a sync reads. */
export function createPlanSync(deps: ActivityDeps) {
  return async function planSync(input: PlanSyncInput): Promise<SyncPlan> {
    return asFailures(async () => {
      const { integrationId, refresh, deletedAt, deliveries = [] } = input;
      await noteServed(deps.store, integrationId, input.syncId, deliveries);
      const found = await lookUp(deps, integrationId, {
        refresh,
        named: deliveries.length > 0,
        models: input.models ?? [],
        // The schedule's full sync names no model.
        byHand: input.force === true || input.kind === 'full',
        deletedAt: deletedAt === undefined ? undefined : new Date(deletedAt),
      });
      if (!found) return notThere(deps, integrationId);
      const { integration, readable, everything } = found;
      const models = everything ? undefined : input.models;
      if (!readable) return keepForLater(deps, integration, input.kind, models);
      return plan(deps, integration, { ...input, models });
    });
  };
}

async function plan(deps: ActivityDeps, integration: Integration, input: PlanSyncInput): Promise<SyncPlan> {
  const { id, category, tool } = integration;
  const enabled = enabledEndpoints(category, deps.settings.EXTRA_ENDPOINTS);
  const history = await endpointStates(deps.store, id);
  const now = new Date();
  const planned = planPasses({
    kind: input.kind,
    enabled,
    history,
    models: input.models,
    unavailableModels: integration.unavailableModels,
    now,
    fullRefreshMs: deps.settings.FULL_REFRESH_INTERVAL,
    force: input.force ?? false,
    asked: input.force === true || (input.deliveries ?? []).length > 0,
    beside: await isReadWhole(deps.store, id, input.syncId),
  });
  await owe(deps.store, id, planned.whole, 'full');
  await owe(deps.store, id, [...planned.deferred.keys()], 'full', { dueAt: planned.deferred });
  for (const kind of ['delta', 'full'] as const) {
    const postponed = planned.postponed.filter((pass) => pass.kind === kind);
    await owe(
      deps.store,
      id,
      postponed.map(({ endpoint }) => endpoint),
      kind,
    );
  }
  const offered = enabled.filter((endpoint) => isOffered(endpoint, integration.unavailableModels));
  const retryAt = nextRetry(planned, offered, history);
  return {
    tool,
    category,
    passes: planned.passes,
    activeSince: integration.statusSince.toISOString(),
    skipped: [...planned.skipped, ...planned.postponed.map(({ outcome }) => outcome)],
    unknownModels: planned.unknownModels,
    ...(enabled.length === 0 ? { blocked: categoryUnknown(category) } : {}),
    ...(retryAt ? { retryAt: retryAt.toISOString() } : {}),
  };
}

/** The next try of what fails and is not tried now. What needs a person is left to the catch-up; what is not read, to nobody. */
function nextRetry(
  planned: Plan,
  offered: readonly EndpointDefinition[],
  history: ReadonlyMap<string, EndpointState>,
): Date | undefined {
  const reading = new Set(planned.passes.map(({ endpoint }) => endpoint));
  const times = offered.flatMap(({ path }) => {
    const { failure, owed, dueAt } = history.get(path) ?? {};
    return failure && !failure.needsPerson && owed && dueAt && !reading.has(path) ? dueAt.getTime() : [];
  });
  return times.length > 0 ? new Date(Math.min(...times)) : undefined;
}

/** Nothing is read, and nothing that was asked for is forgotten. */
async function keepForLater(
  deps: ActivityDeps,
  integration: Integration,
  kind: PassKind,
  models: string[] | undefined,
): Promise<SyncPlan> {
  const { id, tool, category, status, statusReason, statusCode, needsPerson, retryAt } = integration;
  const enabled = enabledEndpoints(category, deps.settings.EXTRA_ENDPOINTS);
  const route = routeModels(models ?? [], enabled);
  const all = enabled.map((endpoint) => endpoint.path);
  await owe(deps.store, id, models ? route.delta : all, kind);
  await owe(deps.store, id, route.full, 'full');
  const said = statusReason ?? 'no reason given';
  const waits = status === 'parked' && !needsPerson ? retryAt : null;
  // One run waits for the next look: `sync/<id>`, which is woken when another one has found it parked.
  if (waits && Context.current().info.workflowExecution?.workflowId !== syncWorkflowId(id)) {
    await deps.temporal.wake(id);
  }
  return {
    ...blocked(
      status === 'paused' ? 'Paused' : (statusCode ?? 'IntegrationParked'),
      status === 'paused' ? `Paused: ${said}. The reads are kept for later.` : said,
    ),
    tool,
    category,
    ...(waits ? { retryAt: waits.toISOString() } : {}),
  };
}

async function notThere(deps: ActivityDeps, integrationId: string): Promise<SyncPlan> {
  const known = await findIntegration(deps.store, integrationId);
  return blocked(
    'IntegrationGone',
    known?.statusReason ?? `Kombo does not know ${integrationId}; nothing is read for it.`,
  );
}

/** It is kept, and read whole once a version knows its category, since nothing of it has been read before. */
function categoryUnknown(category: string): NonNullable<SyncPlan['blocked']> {
  const message = `This version of kombo-sync does not know the category ${category}, so nothing is read. Look for a newer one.`;
  return { code: 'CategoryUnknown', message };
}

function blocked(code: string, message: string): SyncPlan {
  return { passes: [], skipped: [], unknownModels: [], blocked: { code, message } };
}
