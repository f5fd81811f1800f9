import type { EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import { invalidInput } from './errors.ts';

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?)?Z?$/;
const MAX_PAGE_SIZE = 250;
const DEFAULT_PAGE_SIZE = 100;

export interface ListQuery {
  pageSize: number;
  cursor: string | undefined;
  /** Milliseconds; only records that changed (for orders: were created) after this time. */
  since: number | undefined;
  includeDeleted: boolean;
  ids: string[] | undefined;
  remoteIds: string[] | undefined;
  statuses: string[] | undefined;
}

/**
 * Reads and checks the query of a list endpoint. Refuses a parameter that the sandbox does not know, since to ignore a
 * filter would return records that the client did not ask for.
 */
export function readListQuery(endpoint: EndpointDefinition, query: Record<string, unknown>): ListQuery {
  const known = parametersOf(endpoint);
  for (const name of Object.keys(query)) {
    if (!known.has(name)) throw invalidInput(`${endpoint.path} has no parameter ${name}.`);
  }
  const text = (name: string) => readText(name, query[name]);
  const list = (name: string) => text(name)?.split(',');
  readFlag('ignore_unsupported_filters', text('ignore_unsupported_filters'));
  return {
    pageSize: readPageSize(text('page_size')),
    cursor: text('cursor'),
    since: readTime(endpoint.delta, text(endpoint.delta)),
    includeDeleted: readFlag('include_deleted', text('include_deleted')),
    ids: list('ids'),
    remoteIds: list('remote_ids'),
    statuses: list('statuses'),
  };
}

function parametersOf(endpoint: EndpointDefinition): Set<string> {
  const names = new Set<string>();
  if (endpoint.paginated) for (const name of ['cursor', 'page_size']) names.add(name);
  if (endpoint.delta !== 'none') names.add(endpoint.delta);
  if (endpoint.includeDeleted) {
    for (const name of ['include_deleted', 'ignore_unsupported_filters', 'remote_ids']) names.add(name);
  }
  if (endpoint.byIds) names.add('ids');
  if (endpoint.path === '/assessment/orders') names.add('statuses');
  if (!endpoint.paginated) names.add('remote_ids');
  return names;
}

function readText(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalidInput(`${name} must be given once.`);
  return value;
}

function readPageSize(value: string | undefined): number {
  if (value === undefined) return DEFAULT_PAGE_SIZE;
  const size = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (size >= 1 && size <= MAX_PAGE_SIZE) return size;
  throw invalidInput(`page_size must be a whole number from 1 to ${MAX_PAGE_SIZE}.`);
}

function readFlag(name: string, value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalidInput(`${name} must be "true" or "false".`);
}

function readTime(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const time = TIME.test(value)
    ? Date.parse(value.endsWith('Z') || value.length === 10 ? value : `${value}Z`)
    : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw invalidInput(`${name} must be a UTC time as 2026-01-31T12:00:00.000Z, without an offset.`);
}
