import type { Category } from '../../src/domain/catalogue/index.ts';

export type Fields = Record<string, unknown>;

/** A reference from each record of one model to records of another. */
export interface LinkDefinition {
  /** The model of the targets. */
  readonly to: string;
  /** Field that holds the id of the one target. */
  readonly field?: string;
  /** The highest number of targets. Default: one. */
  readonly many?: number;
  /** The model that a webhook names when the membership itself changes. */
  readonly join?: string;
  /** Shifts which targets belong to which source, so that the links of one model differ. */
  readonly shift?: number;
  /** The records form a tree with this many children each, instead of being dealt out in turn. */
  readonly tree?: number;
  /** Percentage of records that have the link. Default: all. */
  readonly share?: number;
  /** A change without named fields moves the link to the next target. */
  readonly drifts?: boolean;
  /** When the target changes, deltas return its sources of the same model too. */
  readonly refreshesSameModel?: boolean;
}

/** Reads a generated record with its changes. Ids and links are resolved on demand. */
export interface RecordReader {
  readonly ordinal: number;
  readonly id: string;
  readonly remoteId: string;
  readonly changedAt: string;
  readonly deletedAt: string | null;
  /** How many times the record was changed without naming fields. */
  readonly revision: number;
  /** `create` made the record: it is new, not generated. */
  readonly made: boolean;
  /** A whole number in [0, max), different for each salt. */
  int(salt: string, max: number): number;
  /** True for `percent` of the records. */
  chance(salt: string, percent: number): boolean;
  pick<T>(salt: string, values: readonly T[]): T;
  /** Like `pick`, but each change takes the next value. */
  live<T>(salt: string, values: readonly T[]): T;
  /** A date-time, at most `days` before the epoch of the data. */
  time(salt: string, days: number): string;
  one(link: string): RecordReader | null;
  all(link: string): RecordReader[];
  /** Live records of another model whose link points here. */
  holders(model: string, link: string): RecordReader[];
  get(field: string): unknown;
  /** The record without copies of others and without timestamps. */
  own(): Fields;
  /** The record without copies of others. */
  stamped(): Fields;
  /** The named fields of the record, without copies of others. */
  part(...names: string[]): Fields;
}

export type Make = (record: RecordReader) => unknown;

/** The default number of records, or a share of another model's. */
export type Size = number | { readonly of: string; readonly share: number };

/** What the catalogue does not say about a model. The rest follows from its field names and types. */
export interface ModelDetails {
  readonly size?: Size;
  readonly links?: Readonly<Record<string, LinkDefinition>>;
  /** Fields of the record itself that need particular values, without id and timestamps. */
  own?(record: RecordReader): Fields;
  /** Fields that hold copies of linked records. */
  readonly nested?: Readonly<Record<string, Make>>;
}

/** By model name, as webhooks use it. */
export type Details = Readonly<Record<string, ModelDetails>>;

export interface ModelDefinition extends ModelDetails {
  readonly name: string;
  readonly category: Category;
  readonly size: Size;
  readonly links: Readonly<Record<string, LinkDefinition>>;
  readonly nested: Readonly<Record<string, Make>>;
  /** Links that are a field of the record. */
  readonly linkFields: readonly (readonly [link: string, field: string])[];
  /** Makes the fields that `own` leaves out. */
  readonly makes: readonly (readonly [field: string, make: Make])[];
  /** Documented fields. An endpoint may return fewer of them. */
  readonly documented: readonly string[];
  /** Has `remote_id`, like almost all models. */
  readonly remote: boolean;
  /** Has `changed_at` and `remote_deleted_at`, like almost all models. */
  readonly stamped: boolean;
}
