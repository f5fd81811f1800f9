import type { ColumnType, EndpointDefinition } from './catalogue/index.ts';
import type { FieldPolicy } from './fields/policy.ts';
import { isTimestamp } from './timestamp.ts';

/** Why a record was set aside. */
export const REJECT_REASONS = ['not_an_object', 'no_id', 'id_too_long', 'too_deep', 'unstorable'] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** A record that can be stored, as JSON text that Postgres accepts. */
export interface StorableRecord {
  id: string;
  /**
   * The record as received, in UTF-8 if it is bytes. A text has its keys in another order, and what jsonb cannot hold is
   * replaced: NUL and half surrogates are U+FFFD.
   */
  raw: string | Uint8Array;
  /** The record without the fields that do not fit their column; undefined when all fit. */
  projection: string | undefined;
  deleted: boolean;
  /** Names of its fields that have no column; records of one shape share the list. */
  undocumented: readonly string[];
  /** Nested records have times that move with fields that are kept out. */
  hasTimes: boolean;
  /** A tombstone whose fields Kombo has emptied (14 days after the deletion). */
  emptied: boolean;
}

/** A record of which all that decides is as documented: it is stored as the bytes that came. */
export class ScannedRecord implements StorableRecord {
  readonly projection = undefined;
  readonly deleted = false;
  readonly hasTimes = false;
  readonly emptied = false;
  readonly id: string;
  readonly raw: Uint8Array;
  readonly undocumented: readonly string[];

  constructor(id: string, raw: Uint8Array, undocumented: readonly string[]) {
    this.id = id;
    this.raw = raw;
    this.undocumented = undocumented;
  }
}

/** A record as text, for what needs to read it. */
export function textOfRaw({ raw }: Pick<StorableRecord, 'raw'>): string {
  return typeof raw === 'string' ? raw : new TextDecoder().decode(raw);
}

export interface RejectedRecord {
  id: string | undefined;
  reason: RejectReason;
  /** The record's text, for its hash; never logged. */
  text: string;
}

const ID_MAX_LENGTH = 500;

/** What stays in an emptied tombstone. If everything else is null or empty, it is emptied. */
const TOMBSTONE_FIELDS = new Set(['id', 'remote_id', 'changed_at', 'remote_deleted_at']);

/** Fields that every table has a column for. */
const EVERYWHERE = new Set(['id', 'changed_at', 'remote_deleted_at']);

/** Exact text of a number that the parser kept as written, if it is one. */
export type ExactNumber = (value: unknown) => string | undefined;

/**
 * Splits a page into records to store and records to set aside. Of several records with the same id, the last one
 * counts: the row moved while Kombo built the page.
 */
export function prepareRecords(
  endpoint: EndpointDefinition,
  results: readonly unknown[],
  exactNumber: ExactNumber,
  policy?: FieldPolicy,
): { storable: StorableRecord[]; rejected: RejectedRecord[] } {
  const storable = new Map<string, StorableRecord>();
  const rejected: RejectedRecord[] = [];
  for (const result of results) {
    const prepared =
      result instanceof ScannedRecord ? result : prepareRecord(endpoint, result, exactNumber, policy);
    if ('reason' in prepared) rejected.push(prepared);
    else storable.set(prepared.id, prepared);
  }
  return { storable: [...storable.values()], rejected };
}

/** @param policy applied to the record first: no value that it excludes is in the result. */
export function prepareRecord(
  endpoint: EndpointDefinition,
  received: unknown,
  exactNumber: ExactNumber,
  policy?: FieldPolicy,
): StorableRecord | RejectedRecord {
  let result = received;
  let hasTimes = false;
  try {
    if (policy) ({ record: result, hasTimes } = policy.apply(received));
  } catch {
    return { id: undefined, reason: 'too_deep', text: '' };
  }
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    return { id: undefined, reason: 'not_an_object', text: textOf(result) };
  }
  let record = result as Record<string, unknown>;
  let raw: string;
  try {
    raw = JSON.stringify(inJsonbOrder(record));
    if (raw.includes('\\u0000') || raw.includes('\\ud')) {
      // Look at the values, not at the text, which may contain these characters escaped.
      record = storableValue(record) as Record<string, unknown>;
      raw = JSON.stringify(inJsonbOrder(record));
    }
  } catch {
    return { id: undefined, reason: 'too_deep', text: '' };
  }
  const id = readId(record['id'], exactNumber);
  if (!id) return { id: undefined, reason: 'no_id', text: JSON.stringify(record) };
  if (id.length > ID_MAX_LENGTH)
    return { id: undefined, reason: 'id_too_long', text: JSON.stringify(record) };

  const misfits = misfitFields(endpoint, record, exactNumber);
  const deleted =
    fits('timestamptz', record['remote_deleted_at'], exactNumber) && Boolean(record['remote_deleted_at']);
  return {
    id,
    raw,
    projection: misfits.length > 0 ? JSON.stringify(without(record, misfits)) : undefined,
    deleted,
    undocumented: undocumentedOf(endpoint, record),
    hasTimes,
    // Decided by the received record: without its excluded fields, a full one may look emptied too.
    emptied: deleted && isEmptied(received as Record<string, unknown>),
  };
}

/** Whole numbers as they are usually written. Others (1e5, 1.0, -0) have two spellings, so they identify no record. */
const PLAIN_INTEGER = /^(?:0|-?[1-9]\d*)$/;

function readId(value: unknown, exactNumber: ExactNumber): string | undefined {
  if (typeof value === 'string') return value;
  const number = exactNumber(value);
  return number !== undefined && PLAIN_INTEGER.test(number) ? number : undefined;
}

/** The keys of the last record, and the same in jsonb's order. The next record of a page mostly has the same keys. */
let shape: { keys: readonly string[]; ordered: readonly string[] } = { keys: [], ordered: [] };

/**
 * The record with its keys in jsonb's order, short ones first. Then Postgres has nothing to sort, which saves a sixth
 * of the time that it needs to parse a record.
 */
function inJsonbOrder(record: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(record);
  if (keys.length !== shape.keys.length || keys.some((key, index) => key !== shape.keys[index])) {
    shape = { keys, ordered: keys.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1)) };
  }
  // Assigning this key would set the prototype.
  if (shape.keys.includes('__proto__')) return record;
  const ordered: Record<string, unknown> = {};
  for (const key of shape.ordered) ordered[key] = record[key];
  return ordered;
}

/** Of the record before, which the next one mostly shares. */
let undocumented: { endpoint?: EndpointDefinition; keys: readonly string[]; names: readonly string[] } = {
  keys: [],
  names: [],
};

/** Right after `inJsonbOrder`, which has looked at the keys. */
function undocumentedOf(endpoint: EndpointDefinition, record: Record<string, unknown>): readonly string[] {
  if (undocumented.endpoint !== endpoint || undocumented.keys !== shape.keys) {
    const names = Object.keys(record).filter(
      (name) => !Object.hasOwn(endpoint.fields, name) && !EVERYWHERE.has(name),
    );
    undocumented = { endpoint, keys: shape.keys, names };
  }
  return undocumented.names;
}

/** Names of documented fields whose value does not fit the column; they stay in `raw`. */
function misfitFields(
  endpoint: EndpointDefinition,
  record: Record<string, unknown>,
  exactNumber: ExactNumber,
): string[] {
  return checkedColumns(endpoint).flatMap(([name, type]) =>
    fits(type, record[name], exactNumber) ? [] : name,
  );
}

type CheckedType = Exclude<ColumnType, 'text' | 'jsonb'>;

const checked = new WeakMap<EndpointDefinition, [string, CheckedType][]>();

/** Anything can be text or jsonb; the other columns are checked. */
export function checkedColumns(endpoint: EndpointDefinition): [string, CheckedType][] {
  let columns = checked.get(endpoint);
  if (!columns) {
    const all: Record<string, ColumnType> = {
      ...endpoint.fields,
      changed_at: 'timestamptz',
      remote_deleted_at: 'timestamptz',
    };
    columns = Object.entries(all).filter(
      (column): column is [string, CheckedType] => column[1] !== 'text' && column[1] !== 'jsonb',
    );
    checked.set(endpoint, columns);
  }
  return columns;
}

function fits(type: ColumnType, value: unknown, exactNumber: ExactNumber): boolean {
  if (value === null || value === undefined) return true;
  switch (type) {
    case 'text':
    case 'jsonb':
      return true;
    case 'boolean':
      return typeof value === 'boolean';
    case 'numeric':
      return exactNumber(value) !== undefined;
    case 'timestamptz':
      return typeof value === 'string' && isTimestamp(value);
  }
}

function isEmptied(record: Record<string, unknown>): boolean {
  return Object.entries(record).every(([name, value]) => TOMBSTONE_FIELDS.has(name) || isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function without(record: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

/** Replaces what jsonb refuses, in values and in keys: NUL (SQLSTATE 22P05) and half surrogates (22P02). */
function storableValue(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storableValue);
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  // fromEntries defines own properties, so that a key `__proto__` stays data.
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [storableText(key), storableValue(entry)]),
  );
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** Raw-JSON numbers are objects without a prototype; they must pass untouched. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) !== null;
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}
