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

/** What to change in the choice of an integration. What is left out stays as it is. */
export interface ChoiceRequest {
  /** Only these models and tables; null, or `*` among them, for all that the settings let be read. */
  models?: readonly string[] | null | undefined;
  /** Never these; null for none. */
  excludeModels?: readonly string[] | null | undefined;
  /** Erase the rows of what is not chosen any more. */
  erase?: boolean | undefined;
}

export interface SetIntegration {
  integration: Integration;
  /** False when it was chosen so before. */
  changed: boolean;
  /** Paths of the endpoints that are read, as far as the tool offers them. */
  read: string[];
  notChosen: NotChosen[];
  /** The sync that reads what has come to be chosen; null when nothing has, or nothing is read now. */
  sync: StartedSync | null;
  /** Rows that were erased, by table; null when that was not asked for. */
  erased: ErasedTable[] | null;
}

/**
 * Chooses which models are read for one integration, of those that the settings let be read. What is not chosen any more is
 * not asked for from now on, and its rows stay unless they are to be erased. What has come to be chosen is read in full.
 * Repeated, it goes on with an erasure that broke off.
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
    // To narrow a choice needs no sync. What could not be read is not chosen.
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
  /** What is not chosen then. */
  leftOut: EndpointDefinition[];
  /** Something is read then that is not read now. */
  adds: boolean;
}

/** What would come of it, so that you can be asked. @throws OperationError when it cannot be done */
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
