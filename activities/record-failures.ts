import { isForWholeIntegration } from '../src/domain/errors.ts';
import { enabledEndpoints } from '../src/domain/catalogue/index.ts';
import { routeModels } from '../src/domain/routing.ts';
import type { PassKind } from '../src/domain/sync.ts';
import { disableEndpoint, owe } from '../src/store/endpoint-states.ts';
import { findIntegration, oweLookUp, setIntegrationStatus } from '../src/store/integrations.ts';
import { endPass } from '../src/store/passes.ts';
import type { ActivityDeps } from './deps.ts';
import { asFailures } from './failures.ts';
import { remove } from './look-up.ts';

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
  /** Models named by webhooks that this run will not come to read. */
  unservedModels?: string[] | undefined;
  /** Every endpoint was asked for and not all were read. */
  unservedEverything?: boolean | undefined;
  /** The integration was to be looked up at Kombo. */
  unservedLookUp?: boolean | undefined;
}

/**
 * Writes down what failed: the pass ends, and the read is owed, so that the next sync does it (invariants I6, I10).
 * What holds for the whole integration parks or removes it.
 */
export function createRecordFailures(deps: ActivityDeps) {
  return async function recordFailures(input: RecordFailuresInput): Promise<void> {
    return asFailures(async () => {
      const { integrationId, syncId } = input;
      for (const failure of input.failures) {
        const disabled = failure.type === 'EndpointDisabled';
        await endPass(deps.store, { ...failure, syncId, state: disabled ? 'skipped' : 'failed' });
        if (disabled) await disableEndpoint(deps.store, integrationId, failure.endpoint, failure);
        else await owe(deps.store, integrationId, [failure.endpoint], failure.kind);
        deps.log.warn({ integrationId, endpoint: failure.endpoint, code: failure.code }, failure.message);
      }
      await oweUnserved(deps, input);
      if (input.unservedLookUp) await oweLookUp(deps.store, integrationId);
      const whole = input.failures.find((failure) => isForWholeIntegration(failure.type));
      if (whole?.type === 'IntegrationGone') await remove(deps, integrationId, whole);
      else if (whole?.type === 'IntegrationParked') {
        await setIntegrationStatus(deps.store, integrationId, 'parked', whole);
      } else if (whole) {
        deps.log.error({ code: whole.code }, `Kombo refuses every request. ${whole.message}`);
      }
    });
  };
}

async function oweUnserved(deps: ActivityDeps, input: RecordFailuresInput): Promise<void> {
  const unserved = input.unservedEverything || (input.unservedModels?.length ?? 0) > 0;
  const integration = unserved ? await findIntegration(deps.store, input.integrationId) : undefined;
  if (!integration) return;
  const enabled = enabledEndpoints(integration.category, deps.settings.EXTRA_ENDPOINTS);
  const route = routeModels(input.unservedModels ?? [], enabled);
  const delta = input.unservedEverything ? enabled.map((endpoint) => endpoint.path) : route.delta;
  await owe(deps.store, integration.id, delta, 'delta');
  await owe(deps.store, integration.id, route.full, 'full');
}
