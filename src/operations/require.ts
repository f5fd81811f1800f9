import { isLine, shellWord } from '../domain/text.ts';
import { endpointsWith, getEndpoint, knownModels, type Category } from '../domain/catalogue/index.ts';
import { notChosenReason, selectEndpoints, type EndpointSettings } from '../domain/choice.ts';
import { picks, wrongNames, wrongNamesText } from '../domain/model-names.ts';
import type { Store } from '../store/database.ts';
import { findIntegration, type Integration } from '../store/state/integrations.ts';
import { conflict, invalid, notFound, OperationError } from './errors.ts';

/** The integration with this id. @throws OperationError (not-found) with what to do. */
export async function requireIntegration(store: Store, id: string): Promise<Integration> {
  const integration = await findIntegration(store, id);
  if (integration) return integration;
  throw notFound(
    `There is no integration ${id}. "kombo-sync integrations list" shows those that are here, "kombo-sync integrations add ${shellWord(id)}" adds it.`,
  );
}

/** @throws OperationError (conflict) if the integration is paused or removed. */
export function requireReadable(integration: Integration): void {
  const { id, status, statusReason } = integration;
  if (status === 'removed') throw removedConflict(integration);
  if (status !== 'paused') return;
  // The reason is your own text and may end with a full stop.
  const reason = statusReason === null ? '' : `: "${statusReason}"`;
  throw conflict(
    'paused',
    `${id} is paused${reason}; nothing is read for it. "kombo-sync integrations resume ${shellWord(id)}" resumes it.`,
  );
}

export function removedConflict({
  id,
  statusReason,
}: Pick<Integration, 'id' | 'statusReason'>): OperationError {
  const what = `${id} is removed; nothing is read for it.`;
  return conflict('removed', statusReason === null ? what : `${what} ${statusReason}`);
}

/**
 * @throws OperationError (unknown-name) unless each name is a model, a table or a path of this category, or a pattern
 * that matches one.
 */
export function checkModels(
  models: readonly string[] | null | undefined,
  category: Category,
  extra: readonly string[],
): void {
  if (!models) return;
  const endpoints = endpointsOf(category, extra);
  const wrong = wrongNames(models, endpoints);
  if (wrong.length === 0) return;
  const all = knownModels(extra);
  const known = wrong.every(({ name }) => all.has(name));
  const own = new Set(endpoints.flatMap((endpoint) => Object.keys(endpoint.models)));
  throw new OperationError(
    'unknown_model',
    `${known ? `Not a model of ${category}` : 'Unknown model'}: ${wrongNamesText(wrong)}. The models of ${category} are ${[...own].sort().join(', ')}.`,
  );
}

export const endpointsOf = (category: Category, extra: readonly string[]) =>
  endpointsWith(extra).filter((endpoint) => endpoint.category === category);

/**
 * The names, with each pattern replaced by the tables that it matches, because a sync knows only exact names.
 *
 * @throws OperationError (conflict) if nothing that they name is chosen.
 */
export function chosenModels(
  models: readonly string[] | undefined,
  integration: Integration,
  settings: EndpointSettings,
): string[] | undefined {
  if (!models) return undefined;
  const { all, notChosen } = selectEndpoints(integration, settings);
  const named = all.filter((endpoint) => models.some((name) => picks(name, endpoint)));
  const left = named.flatMap(({ path }) => notChosen.find(({ endpoint }) => endpoint === path) ?? []);
  const [first] = left;
  if (first && left.length === named.length) {
    const { message } = notChosenReason(getEndpoint(first.endpoint), first.by, integration.id);
    throw conflict('not_chosen', message);
  }
  const endpoints = endpointsOf(integration.category, settings.EXTRA_ENDPOINTS);
  return models.flatMap((name) =>
    name.includes('*')
      ? endpoints.filter((endpoint) => picks(name, endpoint)).map(({ table }) => table)
      : name,
  );
}

const REASON_LENGTH = 500;

/** @throws OperationError (invalid) unless there is a reason, and it can be shown everywhere. */
export function checkReason(reason: string): void {
  if (reason.trim() === '') throw invalid('Give a reason: the status and the audit log show it.');
  if (reason.length > REASON_LENGTH) throw invalid(`A reason has at most ${REASON_LENGTH} characters.`);
  // A terminal would obey control characters, and a list has one line for the reason.
  if (!isLine(reason))
    throw invalid('The reason contains a character that cannot be shown. Use one line of text.');
}
