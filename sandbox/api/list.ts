import { CATALOGUE, type EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import { modelOf } from '../model/index.ts';
import type { IntegrationState } from '../state/integration.ts';
import type { Reader } from '../state/reader.ts';
import type { TableState } from '../state/table.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { invalidInput } from './errors.ts';
import type { ListQuery } from './query.ts';

export interface Page {
  /** Records as JSON text. */
  records: string[];
  next: string | null;
}

/** One page of a list endpoint. It applies every filter again, since a cursor carries none. */
export function listPage(
  integration: IntegrationState,
  endpoint: EndpointDefinition,
  query: ListQuery,
  seed: number,
): Page {
  const place = { integrationId: integration.id, path: endpoint.path };
  const after = query.cursor === undefined ? undefined : decodeCursor(seed, query.cursor, place);
  if (query.cursor !== undefined && after === undefined) {
    throw invalidInput('The cursor is not one of this endpoint and integration.');
  }
  const table = integration.table(endpoint.table);
  const library = integration.library();
  const model = modelOf(endpoint.table);
  const limit = endpoint.paginated ? query.pageSize : Number.POSITIVE_INFINITY;
  const hidden = hiddenFields(endpoint);
  const records: string[] = [];
  let last: number | undefined;
  for (const ordinal of candidates(table, query, after)) {
    if (!matchesState(table, ordinal, endpoint, query)) continue;
    const reader = library.open(model, ordinal);
    if (!matchesFields(reader, endpoint, query)) continue;
    if (records.length === limit) return { records, next: encodeCursor(seed, { ...place, after: last! }) };
    records.push(reader.text(hidden));
    last = table.positionOf(ordinal);
  }
  return { records, next: null };
}

/** The cursor that leads to this same page. */
export function cursorBefore(
  integration: IntegrationState,
  endpoint: EndpointDefinition,
  query: ListQuery,
  seed: number,
): string {
  const place = { integrationId: integration.id, path: endpoint.path };
  const after = query.cursor === undefined ? undefined : decodeCursor(seed, query.cursor, place);
  return encodeCursor(seed, { ...place, after: after ?? Number.MIN_SAFE_INTEGER });
}

function* candidates(table: TableState, query: ListQuery, after: number | undefined): Iterable<number> {
  if (!query.ids) {
    yield* table.walk(after, query.since);
    return;
  }
  const ordinals = new Set(
    query.ids.map((id) => table.ordinalOf(id)).filter((ordinal) => ordinal !== undefined),
  );
  const placed = [...ordinals].map((ordinal) => ({ ordinal, position: table.positionOf(ordinal) }));
  placed.sort((a, b) => a.position - b.position);
  for (const { ordinal, position } of placed) {
    if (table.has(ordinal) && (after === undefined || position > after)) yield ordinal;
  }
}

function matchesState(
  table: TableState,
  ordinal: number,
  endpoint: EndpointDefinition,
  query: ListQuery,
): boolean {
  // Endpoints without include_deleted never return tombstones.
  if (!query.includeDeleted && table.deletedAt(ordinal) !== undefined) return false;
  if (query.since === undefined) return true;
  const time = endpoint.delta === 'created_after' ? table.createdAt(ordinal) : table.shownAfter(ordinal);
  return time > query.since;
}

function matchesFields(reader: Reader, endpoint: EndpointDefinition, query: ListQuery): boolean {
  if (query.remoteIds && !query.remoteIds.includes(String(reader.get('remote_id')))) return false;
  const statuses = endpoint.path === OPEN_ORDERS ? ['OPEN'] : query.statuses;
  return !statuses || statuses.includes(String(reader.get('status')));
}

/** Returns the same orders as `/assessment/orders`, but only the open ones. */
const OPEN_ORDERS = '/assessment/orders/open';

/** Fields of the model that only another endpoint returns. */
function hiddenFields({ table, fields }: EndpointDefinition): string[] {
  return modelOf(table).documented.filter((field) => !(field in fields));
}

/** Every record of a table with its tombstones: ordinals and JSON texts. */
export function listAll(integration: IntegrationState, table: string): [number, string][] {
  const endpoint = CATALOGUE.find((candidate) => candidate.table === table);
  const model = modelOf(table);
  const hidden = endpoint ? hiddenFields(endpoint) : [];
  const library = integration.library();
  const all: [number, string][] = [];
  for (const ordinal of integration.table(table).walk()) {
    const reader = library.open(model, ordinal);
    // Models that are only nested have no endpoint.
    if (!endpoint || matchesFields(reader, endpoint, EVERYTHING)) all.push([ordinal, reader.text(hidden)]);
  }
  return all;
}

const EVERYTHING: ListQuery = {
  pageSize: 0,
  cursor: undefined,
  since: undefined,
  includeDeleted: true,
  ids: undefined,
  remoteIds: undefined,
  statuses: undefined,
};
