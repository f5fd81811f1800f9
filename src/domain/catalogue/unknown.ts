import { CATEGORIES, defineEndpoint, type EndpointDefinition } from './define.ts';

/** Postgres cuts names after this many bytes. */
const MAX_NAME = 63;
/** A later version may add this to the name of the table: the longest suffix of an index in the catalogue. */
const INDEX_SUFFIX = '_course_revision_id';
export const MAX_TABLE = MAX_NAME - INDEX_SUFFIX.length;

const MOST_SEGMENTS = 3;
const PREFIXES = CATEGORIES.map((category) => category.toLowerCase());
const LIST_PATH = new RegExp(
  `^/(?:${PREFIXES.join('|')})(?:/[a-z][a-z0-9]*(?:-[a-z0-9]+)*){1,${MOST_SEGMENTS}}$`,
);

/** The table that a path has or would have: `hris_pay_groups` for `/hris/pay-groups`. */
export const tableOf = (path: string) => path.slice(1).replaceAll(/[/-]/g, '_');

export const isListPath = (path: string) => LIST_PATH.test(path) && tableOf(path).length <= MAX_TABLE;

/**
 * An endpoint of which only the path is known. Its records are stored in `raw`, and its table has the name of its
 * model, as usual at Kombo. Until Kombo has shown what it accepts, it counts as one without `updated_after` and `ids`:
 * to read too much is right, to read too little is not.
 */
export function unknownEndpoint(path: string): EndpointDefinition | undefined {
  if (!isListPath(path)) return undefined;
  return defineEndpoint({
    path,
    status: 'unknown',
    isNew: true,
    delta: 'none',
    byIds: false,
    models: { [tableOf(path)]: 'own' },
    fields: {},
  });
}
