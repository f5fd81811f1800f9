import { ASSESSMENT_ENDPOINTS } from './assessment.ts';
import { ATS_ENDPOINTS } from './ats.ts';
import type { Category, EndpointDefinition } from './define.ts';
import { HRIS_PEOPLE_ENDPOINTS } from './hris-people.ts';
import { HRIS_WORK_ENDPOINTS } from './hris-work.ts';
import { LMS_ENDPOINTS } from './lms.ts';
import { unknownEndpoint } from './unknown.ts';

export { CATEGORIES, defineEndpoint } from './define.ts';
export { isListPath, MAX_TABLE, tableOf } from './unknown.ts';
export type {
  Category,
  ColumnType,
  DeltaFilter,
  EndpointDefinition,
  KnownCategory,
  ModelRelation,
  Sensitivity,
} from './define.ts';

/**
 * All endpoints that kombo-sync knows. This is the only place that knows them: tables, routing and the sandbox follow
 * from it. To add an endpoint, add one entry to the file of its category; `migrate` creates its table. Source: Kombo's
 * OpenAPI document (https://api.kombo.dev/openapi.json) and the `updated_after` tables in it.
 */
export const CATALOGUE: readonly EndpointDefinition[] = [
  ...ATS_ENDPOINTS,
  ...HRIS_PEOPLE_ENDPOINTS,
  ...HRIS_WORK_ENDPOINTS,
  ...LMS_ENDPOINTS,
  ...ASSESSMENT_ENDPOINTS,
];

const byPath = new Map(CATALOGUE.map((endpoint) => [endpoint.path, endpoint]));

/** Names that Kombo sends but that no endpoint holds yet. They are accepted, but nothing is read for them. */
const MODELS_WITHOUT_ENDPOINT = [
  'hris_skill_proficiency_scales',
  'hris_skill_rating_providers',
  'hris_employee_skill_proficiency_ratings',
];

export const KNOWN_MODELS: ReadonlySet<string> = new Set([
  ...CATALOGUE.flatMap((endpoint) => Object.keys(endpoint.models)),
  ...MODELS_WITHOUT_ENDPOINT,
]);

/** The known models, with those of unknown endpoints that `extra` names. */
export function knownModels(extra: readonly string[]): ReadonlySet<string> {
  const unknown = endpointsWith(extra).filter(({ status }) => status === 'unknown');
  if (unknown.length === 0) return KNOWN_MODELS;
  return new Set([...KNOWN_MODELS, ...unknown.map(({ table }) => table)]);
}

/** The endpoint of a path, even if it is not in the catalogue; undefined if no endpoint can have this path. */
export function findEndpoint(path: string): EndpointDefinition | undefined {
  return byPath.get(path) ?? unknownEndpoint(path);
}

/** @throws RangeError if no endpoint can have this path. */
export function getEndpoint(path: string): EndpointDefinition {
  const endpoint = findEndpoint(path);
  if (!endpoint) throw new RangeError(`${path} cannot be the path of a list.`);
  return endpoint;
}

export const isInCatalogue = (path: string) => byPath.has(path);

/** The catalogue, and the unknown endpoints that these paths name. */
export function endpointsWith(paths: readonly string[]): readonly EndpointDefinition[] {
  const more = paths.flatMap((path) => (isInCatalogue(path) ? [] : (findEndpoint(path) ?? [])));
  return more.length === 0 ? CATALOGUE : [...CATALOGUE, ...more];
}

/** The endpoints of a category that are read: the current ones, and those that `extra` names. */
export function enabledEndpoints(category: Category, extra: readonly string[] = []): EndpointDefinition[] {
  return endpointsWith(extra).filter(
    (endpoint) =>
      endpoint.category === category && (endpoint.status === 'current' || extra.includes(endpoint.path)),
  );
}

/** The model whose records the endpoint lists, by its name in webhooks and in Kombo's list of models. */
export function ownModel(endpoint: EndpointDefinition): string | undefined {
  return Object.keys(endpoint.models).find((model) => endpoint.models[model] === 'own');
}

/** Whether the tool offers an endpoint, by Kombo's list of models that are not available. */
export function isOffered(endpoint: EndpointDefinition, unavailableModels: readonly string[]): boolean {
  const own = ownModel(endpoint);
  return own === undefined || !unavailableModels.includes(own);
}
