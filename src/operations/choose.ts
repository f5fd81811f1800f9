import type { EndpointDefinition } from '../domain/catalogue/index.ts';
import { isChosen, selectEndpoints, type Choice, type NotChosen } from '../domain/choice.ts';
import type { Integration } from '../store/state/integrations.ts';
import { storeChoice } from '../store/state/choice.ts';
import { signalChanges } from '../temporal/start.ts';
import { audited, permitted, type Act } from './audited.ts';
import type { OperationDeps } from './deps.ts';
import { eraseNotChosen, leftOutFor, type ErasedTable } from './erase-not-chosen.ts';
import { invalid } from './errors.ts';
import { endpointsOf, checkModels, removedConflict, requireIntegration } from './require.ts';
import { openRun, toStarted, type StartedSync } from './syncs.ts';

/** What to change in the choice of an integration. Properties that are left out stay as they are. */
export interface ChoiceRequest {
  /** Only these models and tables. Null, or `*` among them, means all that the settings allow. */
  models?: readonly string[] | null | undefined;
  /** Never these. Null excludes none. */
  excludeModels?: readonly string[] | null | undefined;
  /** Erase the rows of endpoints that are no longer chosen. */
  erase?: boolean | undefined;
}

export interface SetIntegration {
  integration: Integration;
  /** False if the choice was the same before. */
  changed: boolean;
  /** Paths of the endpoints that are read if the tool offers them. */
  read: string[];
  notChosen: NotChosen[];
  /** The sync that reads newly chosen endpoints; null if there are none, or the integration is not read now. */
  sync: StartedSync | null;
  /** Rows that were erased, by table; null if you did not ask for it. */
  erased: ErasedTable[] | null;
}

/**
 * Chooses which models are read for one integration, among those that the settings allow. Endpoints that are no longer
 * chosen are not read again, and their rows stay unless you ask to erase them. Newly chosen endpoints are read in full.
 * If an erasure broke off, call this again to continue it.
 */
export async function setIntegration(
  deps: OperationDeps,
  id: string,
  request: ChoiceRequest,
): Promise<SetIntegration> {
  const { store, config } = deps;
  const act: Act = { action: 'set', integrationId: id, details: { ...request } };
  const plan = await permitted(deps, act, () => planChoice(deps, id, request));
  return audited(deps, act, async () => {
    // Narrowing a choice needs no sync. Widening does: if Temporal is away, this throws before the choice is stored.
    const running = plan.adds ? await openRun(deps, id) : undefined;
    const stored = await storeChoice(store, id, changeOf(request), config);
    if (!stored) throw removedConflict(await requireIntegration(store, id));
    const { before, after, added } = stored;
    const isRead = added.length > 0 && after.status === 'active';
    const run = isRead ? await wake(deps, after) : undefined;
    const { read, notChosen } = selectEndpoints(after, config);
    return {
      integration: after,
      changed: !isSame(before, after),
      read: read.map(({ path }) => path),
      notChosen,
      sync: run ? toStarted(deps, id, run, running) : null,
      erased: request.erase ? await eraseNotChosen(deps, { integrationId: id }) : null,
    };
  });
}

interface ChoicePlan {
  /** Endpoints that are not chosen after the change. */
  leftOut: EndpointDefinition[];
  /** Whether the change adds an endpoint to read. */
  adds: boolean;
}

/** What the change would do, so that the command can ask you first. @throws OperationError if it is refused */
export async function planChoice(
  { store, config }: Pick<OperationDeps, 'store' | 'config'>,
  id: string,
  request: ChoiceRequest,
): Promise<ChoicePlan> {
  const { models, excludeModels, erase } = request;
  if (models === undefined && excludeModels === undefined && !erase) {
    throw invalid('Say what to choose: models, excludeModels, or erase.');
  }
  const integration = await requireIntegration(store, id);
  if (integration.status === 'removed') throw removedConflict(integration);
  const { category } = integration;
  const choice = { ...integration, ...changeOf(request) };
  const { EXTRA_ENDPOINTS: extra } = config;
  checkModels(models, category, extra);
  checkModels(excludeModels, category, extra);
  const endpoints = endpointsOf(category, extra);
  if (endpoints.length > 0 && !endpoints.some((endpoint) => isChosen(endpoint, choice))) {
    throw invalid(
      'This choice leaves nothing to read. Choose more, or pause the integration: kombo-sync integrations pause',
    );
  }
  const read = new Set(selectEndpoints(integration, config).read.map(({ path }) => path));
  const adds = selectEndpoints(choice, config).read.some(({ path }) => !read.has(path));
  return { leftOut: leftOutFor(choice, config), adds };
}

function changeOf({ models, excludeModels }: ChoiceRequest): Partial<Choice> {
  return {
    ...(models === undefined ? {} : { models: models?.includes('*') ? null : models }),
    ...(excludeModels === undefined ? {} : { excludeModels }),
  };
}

const isSame = (a: Choice, b: Choice) =>
  JSON.stringify([a.models, a.excludeModels]) === JSON.stringify([b.models, b.excludeModels]);

function wake({ temporal, config }: OperationDeps, { id, tool, category }: Integration) {
  return signalChanges(temporal.client, config, {
    integrationId: id,
    models: [],
    trigger: 'manual',
    tool,
    category,
  });
}
