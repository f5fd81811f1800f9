import {
  defineEndpoint,
  findEndpoint,
  isInCatalogue,
  type Category,
  type EndpointDefinition,
} from '../../src/domain/catalogue/index.ts';
import { addModel } from '../model/index.ts';

/** What becomes of a parameter: it is taken, ignored, or refused with `PLATFORM.INPUT_INVALID`. */
export const TREATMENTS = ['taken', 'ignored', 'refused'] as const;
type Treatment = (typeof TREATMENTS)[number];
/** Of a filter: it may also show nothing to a request with it, as Kombo does where a tool does not support a filter. */
export const FILTER_TREATMENTS = [...TREATMENTS, 'hides'] as const;
type FilterTreatment = (typeof FILTER_TREATMENTS)[number];

/** A list that the catalogue does not have, and what it does with the parameters of others; it takes them when nothing is said. */
export interface ExtraEndpointSpec {
  /** As `/hris/brand-new`. */
  path: string;
  updatedAfter?: FilterTreatment;
  includeDeleted?: Treatment;
  ids?: FilterTreatment;
  /** With `cursor`; where it is refused, the whole list is one page. */
  pageSize?: Treatment;
}

export interface ExtraEndpoint {
  definition: EndpointDefinition;
  spec: ExtraEndpointSpec;
}

/** Beside `id`, the time stamps and what `create` and `update` set. */
const FIELDS = { remote_id: 'text', name: 'text', amount: 'numeric', active: 'boolean' } as const;

/** Lists that the catalogue does not have. */
export class ExtraEndpoints {
  readonly #byPath = new Map<string, ExtraEndpoint>();

  /** Adds it, or changes what it does with parameters. @throws RangeError for what is no such path. */
  add(spec: ExtraEndpointSpec): void {
    const {
      path,
      updatedAfter = 'taken',
      includeDeleted = 'taken',
      ids = 'taken',
      pageSize = 'taken',
    } = spec;
    const known = findEndpoint(path);
    if (!known || isInCatalogue(path)) {
      const why = known ? 'is in the catalogue' : 'cannot be the path of a list';
      throw new RangeError(`${path} ${why}. Name a new list, for example /hris/brand-new.`);
    }
    const definition = defineEndpoint({
      path,
      models: known.models,
      fields: FIELDS,
      delta: updatedAfter === 'refused' ? 'none' : 'updated_after',
      includeDeleted: includeDeleted !== 'refused',
      byIds: ids !== 'refused',
      paginated: pageSize !== 'refused',
    });
    addModel(definition);
    this.#byPath.set(path, { definition, spec });
  }

  find(path: string): ExtraEndpoint | undefined {
    return this.#byPath.get(path);
  }

  of(category: Category): EndpointDefinition[] {
    return [...this.#byPath.values()]
      .map(({ definition }) => definition)
      .filter((endpoint) => endpoint.category === category);
  }

  hasModel(name: string): boolean {
    return [...this.#byPath.values()].some(({ definition }) => Object.hasOwn(definition.models, name));
  }

  save(): ExtraEndpointSpec[] {
    return [...this.#byPath.values()].map(({ spec }) => spec);
  }
}

const PARAMETERS = {
  updated_after: 'updatedAfter',
  include_deleted: 'includeDeleted',
  ids: 'ids',
  page_size: 'pageSize',
} as const;

/** The query without what is ignored; null if one of its filters hides everything. */
export function takenOf(
  { spec }: ExtraEndpoint,
  query: Readonly<Record<string, unknown>>,
): Record<string, unknown> | null {
  const becomes = (name: string) =>
    Object.hasOwn(PARAMETERS, name) ? spec[PARAMETERS[name as keyof typeof PARAMETERS]] : undefined;
  if (Object.keys(query).some((name) => becomes(name) === 'hides')) return null;
  return Object.fromEntries(Object.entries(query).filter(([name]) => becomes(name) !== 'ignored'));
}
