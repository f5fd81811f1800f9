import { isLine, shellWord } from '../domain/text.ts';
import { endpointsWith, knownModels, type Category } from '../domain/catalogue/index.ts';
import type { Store } from '../store/database.ts';
import { findIntegration, type Integration } from '../store/state/integrations.ts';
import { conflict, invalid, notFound, type OperationError } from './errors.ts';

/** The integration with this id. @throws OperationError (not-found) with what to do. */
export async function requireIntegration(store: Store, id: string): Promise<Integration> {
  const integration = await findIntegration(store, id);
  if (integration) return integration;
  throw notFound(
    `There is no integration ${id}. "kombo-sync integrations list" shows those that are here, "kombo-sync integrations add ${shellWord(id)}" adds it.`,
  );
}

/** @throws OperationError (conflict) when nothing is read for the integration. */
export function requireReadable(integration: Integration): void {
  const { id, status, statusReason } = integration;
  if (status === 'removed') throw removedConflict(integration);
  if (status !== 'paused') return;
  // The reason is your own text, with a full stop or without.
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

/** @throws OperationError (invalid) unless every name is a model, a table or a path of this category. */
export function checkModels(
  models: readonly string[] | undefined,
  category: Category,
  extra: readonly string[],
): void {
  if (!models) return;
  const endpoints = endpointsWith(extra).filter((endpoint) => endpoint.category === category);
  const own = new Set(endpoints.flatMap((endpoint) => Object.keys(endpoint.models)));
  const tables = new Set(endpoints.flatMap((endpoint) => [endpoint.table, endpoint.path]));
  const wrong = models.filter((model) => !own.has(model) && !tables.has(model));
  if (wrong.length === 0) return;
  const all = knownModels(extra);
  const known = wrong.every((model) => all.has(model));
  throw invalid(
    `${known ? `Not a model of ${category}` : 'Unknown model'}: ${wrong.join(', ')}. The models of ${category} are ${[...own].sort().join(', ')}.`,
  );
}

const REASON_LENGTH = 500;

/** @throws OperationError (invalid) unless the reason of a pause can be shown everywhere. */
export function checkReason(reason: string): void {
  if (reason.trim() === '') throw invalid('Say why it is paused, for those who find it so.');
  if (reason.length > REASON_LENGTH) throw invalid(`A reason has at most ${REASON_LENGTH} characters.`);
  // A terminal would obey some of them, and a list has one line for it.
  if (!isLine(reason))
    throw invalid('The reason holds a character that cannot be shown; use one line of text.');
}
