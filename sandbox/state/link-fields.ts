import type { Fields, ModelDefinition } from '../model/index.ts';
import type { IntegrationState } from './integration.ts';

/** Separates fields with the id of a linked record, such as `candidate_id`, from all others. */
export function decodeLinks(
  integration: IntegrationState,
  model: ModelDefinition,
  fields: Fields,
): { links: [string, number[]][]; rest: Fields } {
  const links: [string, number[]][] = [];
  const rest = { ...fields };
  for (const [name, link] of Object.entries(model.links)) {
    if (!link.field || !(link.field in fields)) continue;
    const value = fields[link.field];
    const target = typeof value === 'string' ? integration.table(link.to).ordinalOf(value) : undefined;
    if (value !== null && target === undefined) continue;
    links.push([name, target === undefined ? [] : [target]]);
    delete rest[link.field];
  }
  return { links, rest };
}
