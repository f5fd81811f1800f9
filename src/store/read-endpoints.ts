import { CATEGORIES, enabledEndpoints, ownModel } from '../domain/catalogue/index.ts';

/** The endpoints that are read, as three lists for `unnest`: categories, paths, and the models that they list. */
export function readEndpoints(extraEndpoints: readonly string[]): [string[], string[], string[]] {
  const read = CATEGORIES.flatMap((category) => enabledEndpoints(category, extraEndpoints));
  return [
    read.map((endpoint) => endpoint.category),
    read.map((endpoint) => endpoint.path),
    read.map((endpoint) => ownModel(endpoint) ?? ''),
  ];
}
