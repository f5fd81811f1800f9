import { isOffered, ownModel, type EndpointDefinition } from './catalogue/index.ts';
import { routeModels } from './routing.ts';
import { NO_COUNTS, type EndpointOutcome, type PassKind, type PlannedPass } from './sync.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long an endpoint that the tool does not offer is left alone. */
export const DISABLED_FOR_MS = DAY_MS;

/** Why and since when an endpoint cannot be read. */
export interface EndpointFailure {
  code: string;
  message: string;
  /** Failures in a row. */
  failures: number;
  since: Date;
  /** Trying again has not helped, or cannot. */
  needsPerson: boolean;
}

/** What is known of an endpoint before a sync. */
export interface EndpointHistory {
  disabled: { code: string; message: string; since: Date } | null;
  owed: PassKind | null;
  /** What is owed, or has failed, is not read before this; null reads it now. */
  dueAt: Date | null;
  failure: EndpointFailure | null;
  watermark: Date | null;
  lastFull: Date | null;
}

export interface PlanRequest {
  kind: PassKind;
  /** The endpoints of the integration's category that are read. */
  enabled: readonly EndpointDefinition[];
  history: ReadonlyMap<string, EndpointHistory>;
  /** Models named; undefined means all of them. */
  models: readonly string[] | undefined;
  /** Models that the tool does not offer. */
  unavailableModels: readonly string[];
  now: Date;
  /** At most one full pass in this time because of a change that only a full pass shows. */
  fullRefreshMs: number;
  /** Somebody asked for it: a failing endpoint is tried although its pause is not over. */
  force: boolean;
  /** A webhook or a person has asked for it; else it looks by itself, as the catch-up does. */
  asked: boolean;
  /** Another sync reads endpoints whole just now: what was never read is left to that one, unless it was asked for. */
  beside: boolean;
}

export interface Plan {
  passes: PlannedPass[];
  skipped: EndpointOutcome[];
  /** Endpoints that are read in full for a change that no delta shows: a pass that began before will not do. */
  whole: string[];
  /** Full passes that came too soon after the last one, and when they are due. */
  deferred: Map<string, Date>;
  /** What was asked for and cannot be read now, as failing ones in their pause: it counts as failed or skipped, and stays owed. */
  postponed: (PlannedPass & { outcome: EndpointOutcome })[];
  unknownModels: string[];
}

/**
 * Which endpoints a sync reads, and how. A delta sync reads what the named models touch, and besides that whatever is
 * owed or was never read; so one webhook is enough to get an integration whole.
 */
export function planPasses(request: PlanRequest): Plan {
  const plan: Plan = {
    passes: [],
    skipped: [],
    whole: [],
    deferred: new Map(),
    postponed: [],
    unknownModels: [],
  };
  const route = routeModels(request.models ?? [], request.enabled);
  plan.unknownModels = route.unknown;
  for (const endpoint of request.enabled) {
    const history = request.history.get(endpoint.path);
    const named = request.models === undefined || route.delta.includes(endpoint.path);
    const needsFull = route.full.includes(endpoint.path);
    const kind = needsFull ? 'full' : request.kind;
    const unavailable = whyUnavailable(endpoint, request);
    const disabled = whyDisabled(history, request);
    if (unavailable) {
      const outcome = skippedOutcome(endpoint, kind, unavailable);
      // What was never read is read as soon as it can be, without being owed.
      if ((named || needsFull) && !history?.watermark) plan.skipped.push(outcome);
      else if (named || needsFull) plan.postponed.push({ endpoint: endpoint.path, kind, outcome });
    } else if (disabled) {
      const outcome = skippedOutcome(endpoint, kind, disabled);
      if (named || needsFull) plan.postponed.push({ endpoint: endpoint.path, kind, outcome });
    } else if (request.kind === 'full') {
      if (named || needsFull) plan.passes.push({ endpoint: endpoint.path, kind: 'full' });
    } else {
      planDelta(plan, endpoint, history, { named, needsFull }, request);
    }
  }
  return plan;
}

function planDelta(
  plan: Plan,
  endpoint: EndpointDefinition,
  history: EndpointHistory | undefined,
  asked: { named: boolean; needsFull: boolean },
  request: PlanRequest,
): void {
  const { now } = request;
  const due = request.force || !history?.dueAt || history.dueAt <= now;
  if (history?.failure && !due) {
    if (asked.named || asked.needsFull)
      plan.postponed.push(postpone(endpoint, history, history.failure, asked));
    return;
  }
  const owed = due ? history?.owed : null;
  const sinceFull = history?.lastFull ? now.getTime() - history.lastFull.getTime() : Number.POSITIVE_INFINITY;
  const hidden = asked.needsFull || (asked.named && endpoint.delta === 'none');
  // A filter that shows only new records needs a whole look now and then; a daily one rides on the catch-up.
  const blind = endpoint.delta !== 'updated_after' && request.models === undefined && sinceFull >= DAY_MS;
  if (request.beside && !history?.watermark && !owed && !(request.asked && asked.named)) return;
  const owedFull = owed === 'full' || (owed === 'delta' && endpoint.delta === 'none');
  if (owedFull || blind || (hidden && sinceFull >= request.fullRefreshMs)) {
    plan.passes.push({ endpoint: endpoint.path, kind: 'full' });
    if (hidden) plan.whole.push(endpoint.path);
    return;
  }
  if (hidden) {
    const lastFull = history?.lastFull ?? now;
    plan.deferred.set(endpoint.path, new Date(lastFull.getTime() + request.fullRefreshMs));
  }
  if (endpoint.delta === 'none' && history?.watermark) return;
  if (asked.named || owed === 'delta' || !history?.watermark) {
    plan.passes.push({ endpoint: endpoint.path, kind: 'delta' });
  }
}

function postpone(
  { path }: EndpointDefinition,
  { dueAt }: EndpointHistory,
  { code, message }: EndpointFailure,
  asked: { needsFull: boolean },
): Plan['postponed'][number] {
  const kind = asked.needsFull ? 'full' : 'delta';
  const reason = { code, message: `${message} Next try: ${dueAt?.toISOString() ?? 'with the next sync'}.` };
  return {
    endpoint: path,
    kind,
    outcome: { endpoint: path, kind, status: 'failed', counts: NO_COUNTS, reason },
  };
}

function whyUnavailable(
  endpoint: EndpointDefinition,
  { unavailableModels }: PlanRequest,
): { code: string; message: string } | undefined {
  if (isOffered(endpoint, unavailableModels)) return undefined;
  const message = `Kombo lists ${ownModel(endpoint)} as not available for this tool.`;
  return { code: 'MODEL_NOT_AVAILABLE', message };
}

function whyDisabled(
  history: EndpointHistory | undefined,
  { now, force, models }: PlanRequest,
): { code: string; message: string } | undefined {
  const disabled = history?.disabled;
  // Whoever names a model knows better than an answer of yesterday.
  const wanted = force && models !== undefined;
  if (!disabled || wanted || now.getTime() - disabled.since.getTime() >= DISABLED_FOR_MS) return undefined;
  return { code: disabled.code, message: disabled.message };
}

function skippedOutcome(
  endpoint: EndpointDefinition,
  kind: PassKind,
  reason: { code: string; message: string },
): EndpointOutcome {
  return { endpoint: endpoint.path, kind, status: 'skipped', counts: NO_COUNTS, reason };
}
