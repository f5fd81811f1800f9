import { CATALOGUE, type EndpointDefinition } from './catalogue/index.ts';

/*
 * How you name what is to be read: by a table (`hris_groups`), a model (`hris_teams`) or a path (`/hris/groups`). `*` stands
 * for any text. This is the one rule, for settings, commands and the API.
 */

/** Models that have an endpoint of their own. */
const OWNED: ReadonlySet<string> = new Set(CATALOGUE.flatMap((endpoint) => ownModels(endpoint)));

function ownModels({ models }: EndpointDefinition): string[] {
  return Object.keys(models).filter((model) => models[model] === 'own');
}

/** The names of an endpoint itself: patterns match these. */
export function namesOf(endpoint: EndpointDefinition): string[] {
  return [...new Set([endpoint.table, endpoint.path, ...ownModels(endpoint)])];
}

/** Models that have no endpoint of their own and live in this one. Their full name picks it, a pattern does not. */
export function nestedNamesOf({ models }: EndpointDefinition): string[] {
  return Object.keys(models).filter(
    (model) => !OWNED.has(model) && (models[model] === 'delta' || models[model] === 'full'),
  );
}

/** Whether a name or pattern picks an endpoint. */
export function picks(name: string, endpoint: EndpointDefinition): boolean {
  const names = namesOf(endpoint);
  if (name.includes('*')) return names.some((one) => matches(name, one));
  return names.includes(name) || nestedNamesOf(endpoint).includes(name);
}

/** Whether `*` in a pattern can stand for some text so that it is the name. */
function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop() ?? '';
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - tail.length) return false;
    at = found + part.length;
  }
  return true;
}

/** A name that picks nothing. */
export interface WrongName {
  name: string;
  /** The name that may have been meant; undefined when none is like it. */
  nearest: string | undefined;
}

/** The names that pick none of these endpoints. */
export function wrongNames(names: readonly string[], endpoints: readonly EndpointDefinition[]): WrongName[] {
  const wrong = names.filter((name) => !endpoints.some((endpoint) => picks(name, endpoint)));
  if (wrong.length === 0) return [];
  const known = new Set(endpoints.flatMap((endpoint) => [...namesOf(endpoint), ...nestedNamesOf(endpoint)]));
  return wrong.map((name) => ({ name, nearest: nearest(name, [...known]) }));
}

/** For example `hris_employes (did you mean hris_employees?)`. */
export function wrongNamesText(wrong: readonly WrongName[]): string {
  return wrong
    .map(({ name, nearest: near }) => (near === undefined ? name : `${name} (did you mean ${near}?)`))
    .join(', ');
}

/** More edits than this in three letters make another word. */
const LETTERS_PER_EDIT = 3;

function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = name.replaceAll('*', '').toLowerCase();
  let best: { name: string; edits: number } | undefined;
  for (const one of known) {
    const edits = editsBetween(plain, one);
    if (!best || edits < best.edits) best = { name: one, edits };
  }
  return best && best.edits * LETTERS_PER_EDIT <= best.name.length ? best.name : undefined;
}

/** How many letters must be added, left out or replaced to make one word of another. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1);
    }
    row = next;
  }
  return row[b.length]!;
}
