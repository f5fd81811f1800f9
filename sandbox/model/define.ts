import type { Category } from '../../src/domain/catalogue/index.ts';

export type Fields = Record<string, unknown>;

/** A reference from each record of one model to records of another. */
export interface LinkDefinition {
  /** Model that is pointed at. */
  readonly to: string;
  /** Field that shows the id of the one record pointed at. */
  readonly field?: string;
  /** Most records pointed at; one when left out. */
  readonly many?: number;
  /** Model name that a webhook gives for a change of the membership itself. */
  readonly join?: string;
  /** Which records of the target belong to which source: spreads the links of one model. */
  readonly shift?: number;
  /** The records form a tree with so many children each, instead of being dealt out in turn. */
  readonly tree?: number;
  /** Percentage of records that have the link; all of them when left out. */
  readonly share?: number;
  /** A change without named fields moves the link to the next target. */
  readonly drifts?: boolean;
  /** A change of the target brings back its sources of the same model. */
  readonly refreshesSameModel?: boolean;
}

/** Reads a generated record with all that was changed since. Ids and links are resolved on demand. */
export interface RecordReader {
  readonly ordinal: number;
  readonly id: string;
  readonly remoteId: string;
  readonly changedAt: string;
  readonly deletedAt: string | null;
  /** How many times the record was changed without naming fields. */
  readonly revision: number;
  /** Made on demand, not generated: such a record is new. */
  readonly made: boolean;
  /** A whole number in [0, max), different for each salt. */
  int(salt: string, max: number): number;
  /** True for so many percent of the records. */
  chance(salt: string, percent: number): boolean;
  pick<T>(salt: string, values: readonly T[]): T;
  /** As `pick`, but the next value after each change. */
  live<T>(salt: string, values: readonly T[]): T;
  /** A date-time at most so many days before the data's epoch. */
  time(salt: string, days: number): string;
  one(link: string): RecordReader | null;
  all(link: string): RecordReader[];
  /** Live records of another model whose link points here. */
  holders(model: string, link: string): RecordReader[];
  get(field: string): unknown;
  /** The record without copies of others and without time stamps. */
  own(): Fields;
  /** The record without copies of others. */
  stamped(): Fields;
  /** Those of the record's own fields that are named. */
  part(...names: string[]): Fields;
}

export type Make = (record: RecordReader) => unknown;

/** Records by default: a number, or a share of another model's. */
export type Size = number | { readonly of: string; readonly share: number };

/** What the catalogue does not say of a model. All that is left out is made from the catalogue's field names and types. */
export interface ModelDetails {
  readonly size?: Size;
  readonly links?: Readonly<Record<string, LinkDefinition>>;
  /** Fields of the record itself whose values are not free, without id and time stamps. */
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
  /** Links that show as a field of the record. */
  readonly linkFields: readonly (readonly [link: string, field: string])[];
  /** Makes the fields that `own` leaves out. */
  readonly makes: readonly (readonly [field: string, make: Make])[];
  /** Fields that are documented; an endpoint may show fewer of them. */
  readonly documented: readonly string[];
  /** With `remote_id`, as almost all are. */
  readonly remote: boolean;
  /** With `changed_at` and `remote_deleted_at`, as almost all are. */
  readonly stamped: boolean;
}
