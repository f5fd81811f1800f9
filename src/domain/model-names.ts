import { CATALOGUE, type EndpointDefinition } from './catalogue/index.ts';
import { nearest } from './nearest.ts';

/*
 * How you name what to read: by a table (`hris_groups`), a model (`hris_teams`) or a path (`/hris/groups`). `*` stands
 * for any text. Settings, commands and the API all use this rule.
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

/** Models without their own endpoint that are nested in this one. Their full name picks it, a pattern does not. */
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

/** Whether the pattern matches the name. */
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

/** A name that matches nothing. */
export interface WrongName {
  name: string;
  /** The name that you may have meant; undefined if none is similar. */
  nearest: string | undefined;
}

/** The names that match none of these endpoints. */
export function wrongNames(names: readonly string[], endpoints: readonly EndpointDefinition[]): WrongName[] {
  const wrong = names.filter((name) => !endpoints.some((endpoint) => picks(name, endpoint)));
  if (wrong.length === 0) return [];
  const known = new Set(endpoints.flatMap((endpoint) => [...namesOf(endpoint), ...nestedNamesOf(endpoint)]));
  return wrong.map((name) => ({ name, nearest: nearest(name.replaceAll('*', ''), known) }));
}

/** For example `hris_employes (did you mean hris_employees?)`. */
export function wrongNamesText(wrong: readonly WrongName[]): string {
  return wrong
    .map(({ name, nearest: near }) => (near === undefined ? name : `${name} (did you mean ${near}?)`))
    .join(', ');
}
