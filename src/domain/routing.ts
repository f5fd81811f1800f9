import { KNOWN_MODELS, type EndpointDefinition } from './catalogue/index.ts';

export interface Route {
  /** Endpoints whose delta shows the change. */
  delta: string[];
  /** Endpoints that must be read in full, because no delta shows the change. */
  full: string[];
  /** Names that this version does not know. They are counted, never an error. */
  unknown: string[];
}

/**
 * Which of the enabled endpoints must be read after `models` changed.
 *
 * A model that an enabled endpoint owns is read there, and at the endpoints whose delta shows it as a nested record.
 * Only a model that no enabled endpoint owns can need a full pass. The name of a table that is not a model (for example
 * `hris_groups`, whose model is `hris_teams`) stands for its endpoint, so that you can use both names.
 */
export function routeModels(
  models: Iterable<string>,
  enabled: readonly EndpointDefinition[],
  known: ReadonlySet<string> = KNOWN_MODELS,
): Route {
  const delta = new Set<string>();
  const full = new Set<string>();
  const unknown = new Set<string>();
  for (const model of models) {
    const table = enabled.find((endpoint) => endpoint.table === model || endpoint.path === model);
    if (table) delta.add(table.path);
    const holding = enabled.filter((endpoint) => Object.hasOwn(endpoint.models, model));
    const showing = holding.filter((endpoint) => ['own', 'delta'].includes(endpoint.models[model]!));
    for (const endpoint of showing) delta.add(endpoint.path);
    const owned = showing.some((endpoint) => endpoint.models[model] === 'own');
    if (!owned) {
      for (const endpoint of holding) if (endpoint.models[model] === 'full') full.add(endpoint.path);
    }
    if (!table && !known.has(model)) unknown.add(model);
  }
  return { delta: [...delta].filter((path) => !full.has(path)), full: [...full], unknown: [...unknown] };
}
