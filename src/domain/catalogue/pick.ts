import type { EndpointDefinition } from './define.ts';

interface Picked {
  endpoints: EndpointDefinition[];
  /** Names that match nothing. */
  unmatched: string[];
}

/**
 * The endpoints that names stand for. A table, a path or the own model of an endpoint picks that endpoint, and `*` in
 * them stands for any characters. The name of a model that is only nested picks the endpoints that hold it.
 */
export function pickEndpoints(names: readonly string[], from: readonly EndpointDefinition[]): Picked {
  const picked = new Set<EndpointDefinition>();
  const unmatched: string[] = [];
  for (const name of names) {
    const found = endpointsOf(name, from);
    for (const endpoint of found) picked.add(endpoint);
    if (found.length === 0) unmatched.push(name);
  }
  return { endpoints: from.filter((endpoint) => picked.has(endpoint)), unmatched };
}

function endpointsOf(name: string, from: readonly EndpointDefinition[]): EndpointDefinition[] {
  const matches = matcher(name);
  const own = from.filter(
    ({ table, path, models }) =>
      matches(table) ||
      matches(path) ||
      Object.keys(models).some((model) => models[model] === 'own' && matches(model)),
  );
  return own.length > 0 ? own : from.filter(({ models }) => Object.hasOwn(models, name));
}

function matcher(name: string): (text: string) => boolean {
  if (!name.includes('*')) return (text) => text === name;
  const parts = name.split('*').map((part) => part.replaceAll(/[^\w/-]/g, String.raw`\$&`));
  const pattern = new RegExp(`^${parts.join('.*')}$`);
  return (text) => pattern.test(text);
}
