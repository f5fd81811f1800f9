import {
  defineEndpoint,
  findEndpoint,
  isInCatalogue,
  type Category,
  type EndpointDefinition,
} from '../../src/domain/catalogue/index.ts';
import { addModel } from '../model/index.ts';

/** How an endpoint treats a parameter: it takes it, ignores it, or refuses it with `PLATFORM.INPUT_INVALID`. */
export const TREATMENTS = ['taken', 'ignored', 'refused'] as const;
type Treatment = (typeof TREATMENTS)[number];
/** A request with a filter can also get an empty page, as from Kombo if the tool does not support the filter. */
export const FILTER_TREATMENTS = [...TREATMENTS, 'hides'] as const;
type FilterTreatment = (typeof FILTER_TREATMENTS)[number];

/** An endpoint that the catalogue does not have, and how it treats parameters. Default: it takes them. */
export interface ExtraEndpointSpec {
  /** For example `/hris/brand-new`. */
  path: string;
  updatedAfter?: FilterTreatment;
  includeDeleted?: Treatment;
  ids?: FilterTreatment;
  /** Goes for `cursor` too. If it is refused, the whole list is one page. */
  pageSize?: Treatment;
}

export interface ExtraEndpoint {
  definition: EndpointDefinition;
  spec: ExtraEndpointSpec;
}

/** The fields besides `id`, the timestamps, and those that `create` and `update` set. */
const FIELDS = { remote_id: 'text', name: 'text', amount: 'numeric', active: 'boolean' } as const;

/** The endpoints that the catalogue does not have. */
export class ExtraEndpoints {
  readonly #byPath = new Map<string, ExtraEndpoint>();

  /** Adds an endpoint, or changes how it treats parameters. @throws RangeError if its path cannot be added. */
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

/** The query without ignored parameters; null if one of its filters hides everything. */
export function takenOf(
  { spec }: ExtraEndpoint,
  query: Readonly<Record<string, unknown>>,
): Record<string, unknown> | null {
  const becomes = (name: string) =>
    Object.hasOwn(PARAMETERS, name) ? spec[PARAMETERS[name as keyof typeof PARAMETERS]] : undefined;
  if (Object.keys(query).some((name) => becomes(name) === 'hides')) return null;
  return Object.fromEntries(Object.entries(query).filter(([name]) => becomes(name) !== 'ignored'));
}
