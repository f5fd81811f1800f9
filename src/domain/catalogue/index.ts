import { ASSESSMENT_ENDPOINTS } from './assessment.ts';
import { ATS_ENDPOINTS } from './ats.ts';
import type { Category, EndpointDefinition } from './define.ts';
import { HRIS_PEOPLE_ENDPOINTS } from './hris-people.ts';
import { HRIS_WORK_ENDPOINTS } from './hris-work.ts';
import { LMS_ENDPOINTS } from './lms.ts';

export { CATEGORIES } from './define.ts';
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
 * Every list endpoint that kombo-sync knows, and the only place that knows them: tables, routing and the sandbox derive
 * from it. To add an endpoint, add one entry to the file of its category; `migrate` creates its table.
 * Source: Kombo's OpenAPI document (https://api.kombo.dev/openapi.json) and the `updated_after` tables in it.
 */
export const CATALOGUE: readonly EndpointDefinition[] = [
  ...ATS_ENDPOINTS,
  ...HRIS_PEOPLE_ENDPOINTS,
  ...HRIS_WORK_ENDPOINTS,
  ...LMS_ENDPOINTS,
  ...ASSESSMENT_ENDPOINTS,
];

const byPath = new Map(CATALOGUE.map((endpoint) => [endpoint.path, endpoint]));

/** Names that Kombo sends but that no endpoint holds yet: accepted, and nothing is read for them. */
const MODELS_WITHOUT_ENDPOINT = [
  'hris_skill_proficiency_scales',
  'hris_skill_rating_providers',
  'hris_employee_skill_proficiency_ratings',
];

export const KNOWN_MODELS: ReadonlySet<string> = new Set([
  ...CATALOGUE.flatMap((endpoint) => Object.keys(endpoint.models)),
  ...MODELS_WITHOUT_ENDPOINT,
]);

export function findEndpoint(path: string): EndpointDefinition | undefined {
  return byPath.get(path);
}

/** @throws RangeError for a path that is not in the catalogue. */
export function getEndpoint(path: string): EndpointDefinition {
  const endpoint = byPath.get(path);
  if (!endpoint) throw new RangeError(`No endpoint ${path} in the catalogue.`);
  return endpoint;
}

/** The endpoints of a category that are read: the current ones, and those that `extra` names. */
export function enabledEndpoints(category: Category, extra: readonly string[] = []): EndpointDefinition[] {
  return CATALOGUE.filter(
    (endpoint) =>
      endpoint.category === category && (endpoint.status === 'current' || extra.includes(endpoint.path)),
  );
}

/** The model whose records the endpoint lists, as webhooks and Kombo's list of models name it. */
export function ownModel(endpoint: EndpointDefinition): string | undefined {
  return Object.keys(endpoint.models).find((model) => endpoint.models[model] === 'own');
}

/** Whether the tool offers an endpoint, by what Kombo lists as not available. */
export function isOffered(endpoint: EndpointDefinition, unavailableModels: readonly string[]): boolean {
  const own = ownModel(endpoint);
  return own === undefined || !unavailableModels.includes(own);
}
