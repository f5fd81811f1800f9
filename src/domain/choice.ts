import {
  enabledEndpoints,
  endpointsWith,
  type Category,
  type EndpointDefinition,
} from './catalogue/index.ts';
import { picks } from './model-names.ts';
import type { Reason } from './reads.ts';
import { shellWord } from './text.ts';

/** Which models are read. A part that is null limits nothing. Names and patterns are those of `model-names.ts`. */
export interface Choice {
  /** Only these. */
  readonly models: readonly string[] | null;
  /** Not these, even if `models` picks them. */
  readonly excludeModels: readonly string[] | null;
}

export const NO_CHOICE: Choice = { models: null, excludeModels: null };

/** The settings that say which endpoints are read. */
export interface EndpointSettings {
  readonly EXTRA_ENDPOINTS: readonly string[];
  readonly MODELS: readonly string[] | null;
  readonly EXCLUDE_MODELS: readonly string[];
}

/** The settings if you set none of them. */
export const ALL_MODELS: EndpointSettings = { EXTRA_ENDPOINTS: [], MODELS: null, EXCLUDE_MODELS: [] };

/** What leaves an endpoint out. The settings count first: an integration can only narrow what they choose. */
export const CHOOSERS = ['settings', 'integration'] as const;
export type Chooser = (typeof CHOOSERS)[number];

export interface NotChosen {
  /** Its path. */
  endpoint: string;
  by: Chooser;
}

/** The endpoints of an integration. */
export interface Selection {
  /** Endpoints to read, as far as the tool offers them. */
  read: EndpointDefinition[];
  /** Endpoints that would be read if they were chosen. */
  notChosen: NotChosen[];
  /** Both. Empty for an unknown category. */
  all: EndpointDefinition[];
}

/**
 * Divides the endpoints of an integration into those to read and those that are not chosen. Only this function decides
 * it: a worker asks Kombo for no other endpoint.
 */
export function selectEndpoints(
  integration: Choice & { readonly category: Category },
  settings: EndpointSettings,
): Selection {
  const all = enabledEndpoints(integration.category, settings.EXTRA_ENDPOINTS);
  const notChosen = all.flatMap((endpoint): NotChosen[] => {
    const by = leftOutBy(endpoint, integration, settings);
    return by ? [{ endpoint: endpoint.path, by }] : [];
  });
  const isLeftOut = new Set(notChosen.map(({ endpoint }) => endpoint));
  return { read: all.filter(({ path }) => !isLeftOut.has(path)), notChosen, all };
}

/** The endpoints that a choice leaves out, also those that are not read anyway, of one category or of all. */
export function leftOutOf(
  choice: Choice,
  { EXTRA_ENDPOINTS }: Pick<EndpointSettings, 'EXTRA_ENDPOINTS'>,
  category?: Category,
): EndpointDefinition[] {
  return endpointsWith(EXTRA_ENDPOINTS).filter(
    (endpoint) => (category === undefined || endpoint.category === category) && !isChosen(endpoint, choice),
  );
}

export function leftOutBy(
  endpoint: EndpointDefinition,
  choice: Choice,
  settings: Pick<EndpointSettings, 'MODELS' | 'EXCLUDE_MODELS'>,
): Chooser | null {
  if (!isChosen(endpoint, choiceOf(settings))) return 'settings';
  return isChosen(endpoint, choice) ? null : 'integration';
}

/** The choice that the settings make for all integrations. */
export function choiceOf(settings: Pick<EndpointSettings, 'MODELS' | 'EXCLUDE_MODELS'>): Choice {
  return { models: settings.MODELS, excludeModels: settings.EXCLUDE_MODELS };
}

export function isChosen(endpoint: EndpointDefinition, { models, excludeModels }: Choice): boolean {
  const isPicked = (names: readonly string[]) => names.some((name) => picks(name, endpoint));
  return (models === null || isPicked(models)) && !isPicked(excludeModels ?? []);
}

/** The code of an endpoint that was asked for, but is not read because it is not chosen. */
export const NOT_CHOSEN = 'NOT_CHOSEN';

/** Why an endpoint is not read if it is not chosen, and what to do to read it. */
export function notChosenReason(
  { table }: Pick<EndpointDefinition, 'table'>,
  by: Chooser,
  id: string,
): Reason {
  const remedy =
    by === 'settings'
      ? 'Change MODELS or EXCLUDE_MODELS to read it.'
      : `"kombo-sync integrations set ${shellWord(id)} --models …" chooses it.`;
  const whose = by === 'settings' ? 'by the settings' : 'for this integration';
  return { code: NOT_CHOSEN, message: `${table} is not chosen ${whose}, so it is not read. ${remedy}` };
}
