import { decodeLinks } from './link-fields.ts';
import { linkOfJoin, linksBetween, modelOf, type Fields, type NamedLink } from '../model/index.ts';
import type { IntegrationState } from './integration.ts';
import { sourcesOf, targetsOf } from './links.ts';

/** @throws RangeError if the table has no such record. */
export function ordinalOf(integration: IntegrationState, table: string, id: string): number {
  const ordinal = integration.table(table).ordinalOf(id);
  if (ordinal === undefined) throw new RangeError(`${table} of ${integration.id} has no record ${id}.`);
  return ordinal;
}

export function createRecord(
  integration: IntegrationState,
  table: string,
  at: number,
  fields: Fields,
): string {
  const model = modelOf(table);
  const state = integration.table(table);
  const { id, ...rest } = fields;
  const ordinal = state.create(at, typeof id === 'string' ? id : undefined);
  applyFields(integration, table, ordinal, rest);
  integration.recordChanged(model, ordinal, at);
  return state.idOf(ordinal);
}

/** Changes the given fields, or without them what usually changes in such a record. */
export function updateRecord(
  integration: IntegrationState,
  table: string,
  id: string,
  at: number,
  fields?: Fields,
): void {
  const model = modelOf(table);
  const state = integration.table(table);
  const ordinal = ordinalOf(integration, table, id);
  // If a link moves, its old target has changed too, since it has lost a nested record.
  integration.touchHolders(model, ordinal, at);
  if (fields) {
    applyFields(integration, table, ordinal, fields);
  } else {
    const record = state.edit(ordinal);
    record.revision = (record.revision ?? 0) + 1;
    for (const [name, link] of Object.entries(model.links)) {
      const targets = integration.table(link.to).total;
      const [current] = targetsOf(name, link, ordinal, state, integration.table(link.to));
      if (link.drifts && current !== undefined) state.setLinks(ordinal, name, [(current + 1) % targets]);
    }
  }
  integration.recordChanged(model, ordinal, at);
}

/** Deletes the record in the tool: a tombstone stays in the API. */
export function tombstoneRecord(integration: IntegrationState, table: string, id: string, at: number): void {
  const ordinal = ordinalOf(integration, table, id);
  integration.table(table).edit(ordinal).deletedAt = at;
  integration.recordChanged(modelOf(table), ordinal, at);
}

/** Removes the record from the API. Neither a delta nor a webhook reports it. */
export function vanishRecord(integration: IntegrationState, table: string, id: string): void {
  integration.table(table).edit(ordinalOf(integration, table, id)).vanished = true;
}

export function restoreRecord(integration: IntegrationState, table: string, id: string, at: number): void {
  const ordinal = ordinalOf(integration, table, id);
  Object.assign(integration.table(table).edit(ordinal), {
    deletedAt: undefined,
    vanished: false,
    emptied: false,
  });
  integration.recordChanged(modelOf(table), ordinal, at);
}

/** Does what Kombo does 14 days after a deletion: the tombstone stays, its fields become null. */
export function emptyRecord(integration: IntegrationState, table: string, id: string, at: number): void {
  const ordinal = ordinalOf(integration, table, id);
  const record = integration.table(table).edit(ordinal);
  record.emptied = true;
  record.deletedAt ??= at;
  integration.recordChanged(modelOf(table), ordinal, at);
}

/** Changes what is nested in the record (a linked record, or the membership of a join model), not its `changed_at`. */
export function updateNestedRecord(
  integration: IntegrationState,
  table: string,
  id: string,
  changedModel: string,
  at: number,
): void {
  const holder = modelOf(table);
  const ordinal = ordinalOf(integration, table, id);
  const join = linkOfJoin(changedModel);
  if (join) {
    const source =
      join.from === holder.name ? ordinal : nestedOrdinal(integration, table, ordinal, join.from);
    toggleMembership(integration, join, source);
    integration.nestedChanged(holder, ordinal, changedModel, at);
    return;
  }
  const nested = nestedOrdinal(integration, table, ordinal, changedModel);
  updateRecord(integration, changedModel, integration.table(changedModel).idOf(nested), at);
}

function nestedOrdinal(
  integration: IntegrationState,
  table: string,
  ordinal: number,
  nested: string,
): number {
  const holder = modelOf(table).name;
  const own = integration.table(table);
  const other = integration.table(nested);
  const found = [
    ...linksBetween(holder, nested).flatMap(({ name, link }) => targetsOf(name, link, ordinal, own, other)),
    ...linksBetween(nested, holder).flatMap(({ name, link }) => sourcesOf(name, link, ordinal, other, own)),
  ].find((candidate) => other.has(candidate) && other.deletedAt(candidate) === undefined);
  if (found === undefined)
    throw new RangeError(`Record ${own.idOf(ordinal)} of ${table} holds no ${nested}.`);
  return found;
}

/** Removes the last member, or adds one if there is none. */
function toggleMembership(integration: IntegrationState, join: NamedLink, source: number): void {
  const from = integration.table(join.from);
  const to = integration.table(join.link.to);
  const targets = targetsOf(join.name, join.link, source, from, to);
  const next = targets.length > 0 ? targets.slice(0, -1) : to.total > 0 ? [source % to.total] : [];
  from.setLinks(source, join.name, next);
}

function applyFields(integration: IntegrationState, table: string, ordinal: number, fields: Fields): void {
  const state = integration.table(table);
  const { links, rest } = decodeLinks(integration, modelOf(table), fields);
  for (const [name, targets] of links) state.setLinks(ordinal, name, targets);
  const record = state.edit(ordinal);
  record.fields = { ...record.fields, ...rest };
}
