import { CATEGORIES, defineEndpoint, type EndpointDefinition } from './define.ts';

/** Postgres cuts names after this many bytes. */
const MAX_NAME = 63;
/** What a later version may add to the table's name: the longest name of an index that the catalogue has for a column. */
const INDEX_SUFFIX = '_course_revision_id';
export const MAX_TABLE = MAX_NAME - INDEX_SUFFIX.length;

const MOST_SEGMENTS = 3;
const PREFIXES = CATEGORIES.map((category) => category.toLowerCase());
const LIST_PATH = new RegExp(
  `^/(?:${PREFIXES.join('|')})(?:/[a-z][a-z0-9]*(?:-[a-z0-9]+)*){1,${MOST_SEGMENTS}}$`,
);

/** The table of a path, whether there is one or not: `hris_pay_groups` for `/hris/pay-groups`. */
export const tableOf = (path: string) => path.slice(1).replaceAll(/[/-]/g, '_');

export const isListPath = (path: string) => LIST_PATH.test(path) && tableOf(path).length <= MAX_TABLE;

/**
 * An endpoint of which nothing but the path is known. Its records are kept in `raw`, and its table's name is the name of its
 * model, as Kombo names them. Before Kombo has shown what it takes, it counts as one that takes neither `updated_after` nor `ids`:
 * reading too much is right, reading too little is not.
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
