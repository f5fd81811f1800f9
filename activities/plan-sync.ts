import { enabledEndpoints } from '../src/domain/catalogue/index.ts';
import { planPasses } from '../src/domain/plan.ts';
import { routeModels } from '../src/domain/routing.ts';
import type { EndpointOutcome, PassKind, PlannedPass } from '../src/domain/sync.ts';
import { endpointStates, owe } from '../src/store/endpoint-states.ts';
import type { Integration } from '../src/store/integrations.ts';
import type { ActivityDeps } from './deps.ts';
import { asFailures } from './failures.ts';
import { lookUp } from './look-up.ts';

export interface PlanSyncInput {
  integrationId: string;
  kind: PassKind;
  /** Models that changed; undefined means every endpoint. */
  models?: string[] | undefined;
  /** Look the integration up at Kombo first. */
  refresh: boolean;
}

export interface SyncPlan {
  tool?: string;
  category?: string;
  passes: PlannedPass[];
  skipped: EndpointOutcome[];
  unknownModels: string[];
  /** Why nothing is read at all: the integration is gone, or somebody has paused it. */
  blocked?: { code: string; message: string };
}

/** Decides which endpoints a sync reads. */
export function createPlanSync(deps: ActivityDeps) {
  return async function planSync(input: PlanSyncInput): Promise<SyncPlan> {
    return asFailures(async () => {
      const found = await lookUp(deps, input.integrationId, input.refresh);
      if (!found) {
        return blocked(
          'IntegrationGone',
          `Kombo does not know ${input.integrationId}; it counts as removed.`,
        );
      }
      const { integration, revived } = found;
      const models = revived ? undefined : input.models;
      const enabled = enabledEndpoints(integration.category, deps.settings.EXTRA_ENDPOINTS);
      if (integration.status === 'paused') {
        const route = routeModels(models ?? [], enabled);
        const all = enabled.map((endpoint) => endpoint.path);
        await owe(deps.store, integration.id, models ? [...route.delta, ...route.full] : all, input.kind);
        return blocked(
          'Paused',
          `Paused: ${integration.statusReason ?? 'no reason given'}. The reads are kept for later.`,
        );
      }
      const plan = planPasses({
        kind: input.kind,
        enabled,
        history: await endpointStates(deps.store, integration.id),
        models,
        unavailableModels: integration.unavailableModels,
        now: new Date(),
        fullRefreshMs: deps.settings.FULL_REFRESH_INTERVAL,
      });
      await owe(deps.store, integration.id, plan.deferred, 'full');
      return {
        ...describe(integration),
        passes: plan.passes,
        skipped: plan.skipped,
        unknownModels: plan.unknownModels,
      };
    });
  };
}

function blocked(code: string, message: string): SyncPlan {
  return { passes: [], skipped: [], unknownModels: [], blocked: { code, message } };
}

function describe(integration: Integration): { tool: string; category: string } {
  return { tool: integration.tool, category: integration.category };
}
