import { getEndpoint, knownModels, type EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import { notChosenReason, selectEndpoints, type Selection } from '../../src/domain/choice.ts';
import { withLearnt } from '../../src/domain/learnt.ts';
import { decide, isAskedFor, type Ask, type Asker, type Decision } from '../../src/domain/decide.ts';
import { hasten } from '../../src/domain/hasten.ts';
import { routeModels, type Route } from '../../src/domain/routing.ts';
import { type EndpointOutcome } from '../../src/domain/sync.ts';
import { NO_COUNTS } from '../../src/domain/counts.ts';
import {
  readKey,
  type DebtKind,
  type PassKind,
  type PlannedPass,
  type Reason,
} from '../../src/domain/reads.ts';
import { owe, type Owed } from '../../src/store/state/debts.ts';
import { hastenTries, type HastenedTry } from '../../src/store/state/due.ts';
import { historyOf, readHistory } from '../../src/store/state/endpoint-history.ts';
import { readLearnt } from '../../src/store/state/extra-endpoints.ts';
import type { Integration } from '../../src/store/state/integrations.ts';
import { noteUnknownModels } from '../../src/store/state/unknown-models.ts';
import type { ActivityDeps } from './deps.ts';

interface PlanRequest {
  kind: PassKind;
  by: Asker;
  syncId: string;
  /** Models that were asked for; undefined means every endpoint. */
  models: readonly string[] | undefined;
  urgent: boolean;
  /** Reads that the run does already, by `readKey`. */
  busy: ReadonlySet<string>;
}

export interface Plan {
  passes: PlannedPass[];
  /** Asked for but not read: not chosen, not offered, or failing with a pause that is not over. */
  outcomes: EndpointOutcome[];
  unknownModels: string[];
  /** Asked for, and left to reads that the run does already. */
  left: string[];
}

/** Decides what a sync reads, and notes what it owes before the first try (invariant I6). */
export async function planReads(
  deps: ActivityDeps,
  integration: Integration,
  request: PlanRequest,
): Promise<Plan> {
  const { id, unavailableModels } = integration;
  const { settings, store } = deps;
  const selection = selectEndpoints(integration, settings);
  // A model is also known if the only endpoint that holds it is not chosen.
  const route = routeModels(request.models ?? [], selection.all, knownModels(settings.EXTRA_ENDPOINTS));
  const notChosen = reasonsOf(selection, id);
  const paths = selection.all.map(({ path }) => path);
  const [history, learnt] = await Promise.all([
    readHistory(store, id, paths, request.syncId),
    readLearnt(store, selection.all),
  ]);
  const plan: Plan = { passes: [], outcomes: [], unknownModels: route.unknown, left: [] };
  const owed: Owed[] = [];
  const early: HastenedTry[] = [];
  for (const defined of selection.all) {
    const known = learnt.get(defined.path);
    const endpoint = known ? withLearnt(defined, known) : defined;
    const ask = askOf(endpoint, route, request);
    const busy = busyKinds(endpoint, request.busy);
    const past = historyOf(history, endpoint.path);
    const circumstances = {
      now: history.now,
      retryMs: settings.RETRY_INTERVAL,
      // While the list is empty, a full read costs no more than a delta.
      fullRefreshMs: known?.updatedAfter === null ? 0 : settings.FULL_REFRESH_INTERVAL,
      notChosen: notChosen.get(endpoint.path),
      unavailableModels,
      besideFullSync: history.besideFullSync,
      busy,
    };
    const decisions = decide(endpoint, past, ask, circumstances);
    const soon = hasten(past, ask, decisions, circumstances);
    early.push(...soon.map((one) => ({ ...one, endpoint: endpoint.path })));
    for (const decision of decisions) take(plan, owed, endpoint.path, decision);
    owed.push(...owedByNews(endpoint, ask, decisions));
    // Without a debt, only the next catch-up would read it. A full read that is owed already may be resumed.
    const isNew = decisions.some((decision) => decision.do === 'read' && decision.because === 'never-read');
    if (isNew && !past.debts.full) owed.push({ endpoint: endpoint.path, kind: 'full' });
    if (!isAskedFor(ask)) continue;
    for (const kind of busy) plan.left.push(readKey({ endpoint: endpoint.path, kind }));
  }
  await owe(store, id, distinct(owed));
  // Names that you pass by hand are checked elsewhere.
  if (request.by === 'webhook') await noteUnknownModels(store, route.unknown);
  await hastenTries(store, id, early);
  return plan;
}

function reasonsOf({ notChosen }: Selection, id: string): Map<string, Reason> {
  return new Map(
    notChosen.map(({ endpoint, by }) => [endpoint, notChosenReason(getEndpoint(endpoint), by, id)]),
  );
}

function askOf({ path }: EndpointDefinition, route: Route, request: PlanRequest): Ask {
  const { kind, by, models, urgent } = request;
  return {
    kind,
    by,
    urgent,
    everything: models === undefined,
    named: route.delta.includes(path),
    hidden: route.full.includes(path),
  };
}

function busyKinds({ path }: EndpointDefinition, busy: ReadonlySet<string>): Set<DebtKind> {
  const kinds = ['delta', 'full', 'sweep'] as const;
  return new Set(kinds.filter((kind) => busy.has(readKey({ endpoint: path, kind }))));
}

function take(plan: Plan, owed: Owed[], endpoint: string, decision: Decision): void {
  switch (decision.do) {
    case 'read':
      plan.passes.push({ endpoint, kind: decision.kind, because: decision.because });
      break;
    case 'owe': {
      const { kind, dueAt, failure } = decision;
      owed.push({ endpoint, kind, dueAt });
      if (failure) plan.outcomes.push(unread(endpoint, kind, 'failed', failure));
      break;
    }
    case 'skip':
      plan.outcomes.push(unread(endpoint, decision.kind, 'skipped', decision.reason));
  }
}

function unread(
  endpoint: string,
  kind: PassKind,
  status: EndpointOutcome['status'],
  { code, message }: Reason,
): EndpointOutcome {
  return { endpoint, kind, status, counts: NO_COUNTS, reason: { code, message } };
}

/**
 * What a webhook or you have named is owed until a pass that begins after this has read it, even if this sync fails. A
 * scheduled sync owes nothing: the next one reads it anyway.
 */
function owedByNews(endpoint: EndpointDefinition, ask: Ask, decisions: readonly Decision[]): Owed[] {
  const isNews = ask.by === 'webhook' || ask.by === 'operator';
  const isKept = decisions.some(({ do: what }) => what !== 'read');
  if (!isNews || !isAskedFor(ask) || isKept) return [];
  const kind = ask.hidden || endpoint.delta === 'none' ? 'full' : 'delta';
  return [{ endpoint: endpoint.path, kind }];
}

function distinct(owed: readonly Owed[]): Owed[] {
  return [...new Map(owed.map((one) => [readKey(one), one])).values()];
}

/**
 * Nothing is read now, so what was asked for is noted as owed. Endpoints that are not chosen are owed in full, for the
 * time when you choose them again.
 */
export async function keepReads(
  deps: ActivityDeps,
  integration: Integration,
  kind: PassKind,
  models: readonly string[] | undefined,
): Promise<void> {
  const { all, read } = selectEndpoints(integration, deps.settings);
  const route = routeModels(models ?? [], all, knownModels(deps.settings.EXTRA_ENDPOINTS));
  const named = models ? route.delta : all.map(({ path }) => path);
  const chosen = new Set(read.map(({ path }) => path));
  await owe(
    deps.store,
    integration.id,
    distinct([
      ...named.map((endpoint): Owed => ({ endpoint, kind: chosen.has(endpoint) ? kind : 'full' })),
      ...route.full.map((endpoint): Owed => ({ endpoint, kind: 'full' })),
    ]),
  );
}
