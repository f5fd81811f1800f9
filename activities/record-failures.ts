import { Context } from '@temporalio/activity';
import { enabledEndpoints } from '../src/domain/catalogue/index.ts';
import { isForWholeIntegration, needsPerson } from '../src/domain/errors.ts';
import { parkedNeedsPerson } from '../src/domain/life.ts';
import { syncWorkflowId } from '../src/domain/names.ts';
import { planRetry } from '../src/domain/retry.ts';
import { routeModels } from '../src/domain/routing.ts';
import type { PassKind, ServedDeliveries } from '../src/domain/sync.ts';
import { noteServed } from '../src/store/deliveries.ts';
import {
  disableEndpoint,
  endpointStates,
  nextRetry,
  noteFailure,
  owe,
  type EndpointState,
} from '../src/store/endpoint-states.ts';
import { findIntegration } from '../src/store/integrations.ts';
import { oweLookUp } from '../src/store/life.ts';
import { endPass, isReadSince, passStart } from '../src/store/passes.ts';
import { retryOptions, type ActivityDeps } from './deps.ts';
import { asFailures } from './failures.ts';
import { retire } from './look-up.ts';
import { parkIntegration } from './park.ts';

export interface PassFailure {
  endpoint: string;
  kind: PassKind;
  /** Failure type: an error class of `src/domain/errors.ts`, or what Temporal says (timeout, cancelled). */
  type: string;
  code: string;
  message: string;
}

export interface RecordFailuresInput {
  integrationId: string;
  syncId: string;
  failures: PassFailure[];
  /** Since when the integration was active when the sync was planned, or when the run began that was not planned (ISO). */
  activeSince?: string | undefined;
  /** The run was cancelled before it was planned. */
  cancelled?: boolean;
  /** Models named by webhooks that this run will not come to read. */
  unservedModels?: string[] | undefined;
  /** Every endpoint was asked for and not all were read. */
  unservedEverything?: boolean | undefined;
  /** How all that was to be read; delta when it is not said. */
  unservedKind?: PassKind;
  /** The integration was to be looked up at Kombo. */
  unservedLookUp?: boolean | undefined;
  /** A webhook told of its deletion, and that was not looked into (epoch milliseconds). */
  deletedAt?: number;
  /** The webhooks that named all this: evidence of what came. */
  deliveries?: ServedDeliveries[];
}

export interface RecordedFailures {
  /** When the first of the failing endpoints, or the parked integration, is tried again (ISO); null when no timer waits. */
  retryAt: string | null;
}

/**
 * Writes down what failed: the pass ends, and the read is owed, so that a later sync does it (invariants I6, I10), after a
 * pause that grows. What holds for the whole integration parks or removes it.
 */
export function createRecordFailures(deps: ActivityDeps) {
  return async function recordFailures(input: RecordFailuresInput): Promise<RecordedFailures> {
    return asFailures(async () => {
      const { integrationId, failures } = input;
      const states = await endpointStates(deps.store, integrationId);
      for (const failure of failures) await recordFailure(deps, input, failure, states.get(failure.endpoint));
      await oweUnserved(deps, input);
      await noteServed(deps.store, integrationId, input.syncId, input.deliveries ?? []);
      if (input.unservedLookUp || input.deletedAt !== undefined) {
        const deletedAt = input.deletedAt === undefined ? undefined : new Date(input.deletedAt);
        await oweLookUp(deps.store, integrationId, deletedAt);
      }
      const whole = failures.find((failure) => isForWholeIntegration(failure.type));
      if (whole) await recordForWhole(deps, input, whole);
      const retryAt = await nextTry(deps, integrationId);
      const { workflowExecution } = Context.current().info;
      // One run waits for the next try of all: `sync/<id>`, which is woken when another one has met the failure.
      const waits = workflowExecution?.workflowId === syncWorkflowId(integrationId);
      const wakes = (retryAt !== undefined && failures.length > 0) || (await cutByPause(deps, input));
      if (wakes && !waits) await deps.temporal.wake(integrationId);
      return { retryAt: retryAt?.toISOString() ?? null };
    });
  };
}

const MAX_ACCESS_PAUSE_MS = 60 * 60_000;

async function recordFailure(
  deps: ActivityDeps,
  { integrationId, syncId }: RecordFailuresInput,
  failure: PassFailure,
  state: EndpointState | undefined,
): Promise<void> {
  const { endpoint, kind, type, code, message } = failure;
  const end = { syncId, endpoint, code, message };
  const disabled = type === 'EndpointDisabled';
  const resumable = !disabled && !['CursorRepeated', 'RequestRejected'].includes(type);
  await endPass(deps.store, { ...end, state: disabled ? 'skipped' : 'failed', resumable });
  const started = await passStart(deps.store, syncId, endpoint);
  // Failures are written down at the end of a sync, which may be long after; what was read meanwhile knows better.
  const outdated = started !== undefined && (await isReadSince(deps.store, integrationId, endpoint, started));
  // The next sync reads it at once: nothing is wrong with the endpoint. What is parked waits as a whole.
  if (outdated || ['Cancelled', 'IntegrationParked', 'IntegrationGone'].includes(type)) {
    await owe(deps.store, integrationId, [endpoint], kind, { since: started });
    return;
  }
  if (disabled) {
    await disableEndpoint(deps.store, integrationId, endpoint, failure);
    deps.log.info({ integrationId, endpoint, code }, message);
    return;
  }
  // An earlier attempt has written it down and broke off later.
  if (state?.failedSync === syncId) return;
  const before = state?.failure;
  const now = new Date();
  const failures = (before?.failures ?? 0) + 1;
  const since = before?.since ?? now;
  const key = `${integrationId} ${endpoint}`;
  const options = retryOptions(deps.settings);
  // Once the key is right again, everything is behind: that should not last for hours.
  if (type === 'AccessDenied') options.maxMs = Math.min(options.maxMs, MAX_ACCESS_PAUSE_MS);
  const retry = planRetry({ failures, failingSince: since, now, final: needsPerson(type), key }, options);
  await noteFailure(deps.store, integrationId, {
    endpoint,
    kind,
    syncId,
    failure: { code, message, failures, since, needsPerson: retry.needsPerson },
    dueAt: retry.dueAt,
    since: started,
  });
  tell(deps, { integrationId, endpoint, code, failures }, message, {
    first: !before,
    givesUp: retry.needsPerson && !before?.needsPerson,
  });
}

/** The first failure and the end of trying are told; what happens between is in Postgres and on the status page. */
function tell(
  deps: ActivityDeps,
  about: Record<string, unknown>,
  message: string,
  { first, givesUp }: { first: boolean; givesUp: boolean },
): void {
  if (givesUp) deps.log.error(about, `${message} It needs a person now and is tried with the catch-up only.`);
  else if (first) deps.log.warn(about, message);
  else deps.log.debug(about, message);
}

async function recordForWhole(
  deps: ActivityDeps,
  { integrationId, activeSince }: RecordFailuresInput,
  { type, code, message }: PassFailure,
): Promise<void> {
  const integration = await findIntegration(deps.store, integrationId);
  if (!integration) return;
  if (type === 'IntegrationGone') {
    // Not Kombo has said so but we, since it was removed here; whoever did that has seen to the rest, and it may be back.
    if (code === type) return;
    const asOf = activeSince === undefined ? undefined : new Date(activeSince);
    await retire(deps, integration, { code, message, at: new Date(), asOf });
  } else if (type === 'IntegrationParked') {
    await parkIntegration(deps, integration, { code, message, needsPerson: parkedNeedsPerson(code) });
  } else {
    deps.log.error({ code }, `Kombo refuses every request. ${message}`);
  }
}

/**
 * Whether a pause that has ended by now has cut the run off. What the resume has started may have planned before this run
 * could write down what it owes. A cancellation by a person starts nothing, so the two must be told apart.
 */
async function cutByPause(
  deps: ActivityDeps,
  { integrationId, activeSince, cancelled, failures }: RecordFailuresInput,
): Promise<boolean> {
  const wasCut = cancelled || failures.some(({ type }) => type === 'Cancelled');
  if (activeSince === undefined || !wasCut) return false;
  const integration = await findIntegration(deps.store, integrationId);
  return integration?.status === 'active' && integration.statusSince > new Date(activeSince);
}

/** The next moment at which a timer should bring the integration on; undefined when none is needed. */
async function nextTry(deps: ActivityDeps, integrationId: string): Promise<Date | undefined> {
  const integration = await findIntegration(deps.store, integrationId);
  if (integration?.status === 'parked') {
    return integration.needsPerson ? undefined : (integration.retryAt ?? undefined);
  }
  if (integration?.status !== 'active') return undefined;
  return (await nextRetry(deps.store, integrationId)) ?? undefined;
}

async function oweUnserved(deps: ActivityDeps, input: RecordFailuresInput): Promise<void> {
  const unserved = input.unservedEverything || (input.unservedModels?.length ?? 0) > 0;
  const integration = unserved ? await findIntegration(deps.store, input.integrationId) : undefined;
  if (!integration) return;
  const enabled = enabledEndpoints(integration.category, deps.settings.EXTRA_ENDPOINTS);
  const route = routeModels(input.unservedModels ?? [], enabled);
  const named = input.unservedEverything ? enabled.map((endpoint) => endpoint.path) : route.delta;
  await owe(deps.store, integration.id, named, input.unservedKind ?? 'delta');
  await owe(deps.store, integration.id, route.full, 'full');
}
