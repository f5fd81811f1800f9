import { CATALOGUE, KNOWN_MODELS, type Category } from '../domain/catalogue/index.ts';
import type { Store } from '../store/database.ts';
import { findIntegration, type Integration } from '../store/integrations.ts';
import { conflict, invalid, notFound } from './errors.ts';

/** The integration with this id. @throws OperationError (not-found) with what to do. */
export async function requireIntegration(store: Store, id: string): Promise<Integration> {
  const integration = await findIntegration(store, id);
  if (integration) return integration;
  throw notFound(
    `There is no integration ${id}. "kombo-sync integrations list" shows those that are here, "kombo-sync integrations add ${id}" adds it.`,
  );
}

/** @throws OperationError (conflict) when nothing is read for the integration. */
export function requireReadable(integration: Integration): void {
  const { id, status, statusReason } = integration;
  if (status === 'active' || status === 'parked') return;
  const remedy = status === 'paused' ? ` "kombo-sync integrations resume ${id}" goes on.` : '';
  throw conflict(
    status,
    `${id} is ${status}${statusReason ? `: ${statusReason}` : ''}; nothing is read for it.${remedy}`,
  );
}

/** @throws OperationError (invalid) unless every name is a model, a table or a path of this category. */
export function checkModels(models: readonly string[] | undefined, category: Category): void {
  if (!models) return;
  const endpoints = CATALOGUE.filter((endpoint) => endpoint.category === category);
  const own = new Set(endpoints.flatMap((endpoint) => Object.keys(endpoint.models)));
  const tables = new Set(endpoints.flatMap((endpoint) => [endpoint.table, endpoint.path]));
  const wrong = models.filter((model) => !own.has(model) && !tables.has(model));
  if (wrong.length === 0) return;
  const known = wrong.every((model) => KNOWN_MODELS.has(model));
  throw invalid(
    `${known ? `Not a model of ${category}` : 'Unknown model'}: ${wrong.join(', ')}. The models of ${category} are ${[...own].sort().join(', ')}.`,
  );
}
