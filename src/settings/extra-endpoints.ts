import { z } from 'zod';
import { complain, list, type Wrong } from '../config-values.ts';
import {
  CATALOGUE,
  CATEGORIES,
  isInCatalogue,
  isListPath,
  MAX_TABLE,
  tableOf,
} from '../domain/catalogue/index.ts';
import { differences } from '../domain/nearest.ts';

const EXAMPLE = '/hris/teams,/hris/brand-new';
const STARTS = CATEGORIES.map((category) => `/${category.toLowerCase()}/`).join(', ');

/** Paths of endpoints to read besides the usual ones. They may be unknown to this version. */
export const extraEndpoints = z
  .string()
  .default('')
  .transform((value, context) => {
    const paths = [...new Set(list(value))];
    for (const wrong of findWrong(paths)) complain(context, wrong);
    return paths;
  });

function findWrong(paths: readonly string[]): Wrong[] {
  const byTable = new Map(CATALOGUE.map(({ table, path }) => [table, path]));
  return paths.flatMap((path): Wrong[] => {
    if (isInCatalogue(path)) return [];
    const meant = meantPath(path);
    if (meant !== undefined) {
      return [{ problem: `names ${path}, which is not a known endpoint`, remedy: `write ${meant}` }];
    }
    if (!isListPath(path)) return [{ problem: `names ${path}, ${whyNoList(path)}`, example: EXAMPLE }];
    const table = tableOf(path);
    const other = byTable.get(table);
    if (other !== undefined) {
      const problem = `names ${path}, whose table would be ${table}, the table of ${other}`;
      return [{ problem, remedy: 'leave one of them out' }];
    }
    byTable.set(table, path);
    return [];
  });
}

function whyNoList(path: string): string {
  const table = tableOf(path);
  if (/^[a-z0-9/-]+$/.test(path) && table.length > MAX_TABLE) {
    return `which is too long: its table may have ${MAX_TABLE} characters, and ${table} has ${table.length}`;
  }
  return `which cannot be the path of a list: these begin with ${STARTS} and have small letters, digits and hyphens`;
}

/** In names of this length or longer, two letters may be wrong. */
const LONG_NAME = 8;

/**
 * The known path that was probably meant. Short names resemble each other, so only one letter may differ there. Only
 * paths of the same category count, since categories have endpoints with the same names.
 */
function meantPath(path: string): string | undefined {
  const others = CATALOGUE.filter(({ path: known }) => categoryOf(known) === categoryOf(path));
  const near = (others.length > 0 ? others : CATALOGUE)
    .map((endpoint) => ({ known: endpoint.path, letters: differences(path, endpoint.path) }))
    .filter(({ known, letters }) => letters <= (nameOf(known).length < LONG_NAME ? 1 : 2))
    .toSorted((a, b) => a.letters - b.letters);
  return near[0]?.known;
}

const categoryOf = (path: string) => path.split('/')[1];
const nameOf = (path: string) => path.slice(path.indexOf('/', 1) + 1);
