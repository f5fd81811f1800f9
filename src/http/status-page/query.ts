import { CATEGORIES, type Category } from '../../domain/catalogue/index.ts';
import { INTEGRATION_STATUSES, type IntegrationStatus } from '../../domain/life.ts';

/** The parameters in the address of a page. Links pass them on, so that they survive a refresh. */
export interface PageQuery {
  /** Null without a search; empty if only the search box is open. */
  search: string | null;
  status: IntegrationStatus | null;
  category: Category | null;
  failing: boolean;
  /** Id of the last integration on the previous page. */
  after: string | null;
  /** The act that led to the page. */
  did: ActName | null;
  /** Seconds after which the page loads itself again; null when it stays as it is. */
  refresh: number | null;
}

/** What can be done on the page of an integration. */
export const ACT_NAMES = ['sync-now', 'full-sync', 'pause', 'resume', 'cancel'] as const;
export type ActName = (typeof ACT_NAMES)[number];

const MAX_LENGTH = 300;
export const REFRESH_SECONDS = 15;
const REFRESH = { min: 5, max: 3_600, off: 'off' };

/** Reads the query string. It ignores parameters that make no sense, so that an old link still leads to a page. */
export function readQuery(given: unknown): PageQuery {
  const value = (name: string): string | null => {
    const found = (given as Record<string, unknown> | null | undefined)?.[name];
    return typeof found === 'string' ? found.trim().slice(0, MAX_LENGTH) : null;
  };
  const search = value('q');
  return {
    search,
    status: INTEGRATION_STATUSES.find((status) => status === value('status')) ?? null,
    category: CATEGORIES.find((category) => category === value('category')) ?? null,
    failing: value('failing') === '1',
    after: value('after') || null,
    did: ACT_NAMES.find((act) => act === value('did')) ?? null,
    refresh: readRefresh(value('refresh'), search),
  };
}

/** Pages refresh themselves unless you switch it off, or you search: what you type must not be lost. */
function readRefresh(given: string | null, search: string | null): number | null {
  const seconds = Number(given || Number.NaN);
  if (Number.isInteger(seconds) && seconds >= REFRESH.min && seconds <= REFRESH.max) return seconds;
  return given === REFRESH.off || search !== null ? null : REFRESH_SECONDS;
}

/** The query string with its question mark; empty if there are no parameters. */
export function writeQuery(query: Partial<PageQuery>): string {
  const parameters = new URLSearchParams();
  if (typeof query.search === 'string') parameters.set('q', query.search);
  if (query.status) parameters.set('status', query.status);
  if (query.category) parameters.set('category', query.category);
  if (query.failing) parameters.set('failing', '1');
  if (query.after) parameters.set('after', query.after);
  if (query.refresh !== undefined && query.refresh !== readRefresh(null, query.search ?? null)) {
    parameters.set('refresh', String(query.refresh ?? REFRESH.off));
  }
  return parameters.size > 0 ? `?${parameters.toString()}` : '';
}

const HERE = 'http://here.invalid';

/** The address to open after the login; the list by default. It never names another server, even if the form does. */
export function localAddress(given: string | null): string {
  const url = given === null ? null : URL.parse(given, HERE);
  if (url?.origin !== HERE) return '/';
  // Two slashes at the start, for example from "/.//", would name a server again.
  return `${url.pathname}${url.search}`.replace(/^\/{2,}/, '/');
}

/** Links to our own pages, below the path at which the caller sees us. They keep the setting for refreshing. */
export function createLinks(base: string) {
  const of = (integrationId: string) => `${base}/integrations/${encodeURIComponent(integrationId)}`;
  return {
    /** The form of an act, and where it is sent. */
    act: (integrationId: string, act: ActName) => `${of(integrationId)}/acts/${act}`,
    /** The page after an act. */
    done: (integrationId: string, act: ActName) => `${of(integrationId)}?did=${act}`,
    list: (query: Partial<PageQuery>) => `${base}/${writeQuery(query)}`,
    integration: (integrationId: string, { refresh }: Pick<PageQuery, 'refresh'>) =>
      `${of(integrationId)}${writeQuery({ refresh })}`,
    cutover: ({ refresh }: Pick<PageQuery, 'refresh'>) => `${base}/cutover${writeQuery({ refresh })}`,
    to: (path: string) => `${base}${path}`,
  };
}

export type Links = ReturnType<typeof createLinks>;
