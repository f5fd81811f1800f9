import { hashText, mix } from '../random.ts';
import type { Fields, ModelDefinition, RecordReader } from '../model/index.ts';
import { modelOf } from '../model/index.ts';
import { sourcesOf, targetsOf } from './links.ts';
import { DATA_EPOCH, type RecordState, type TableState } from './table.ts';

const HOUR = 3_600_000;
/** Formatting dates is the most expensive part of making a record, and there are few different ones. */
const timeTexts = new Map<number, string>();

function hoursBefore(hours: number): string {
  let text = timeTexts.get(hours);
  if (text === undefined) timeTexts.set(hours, (text = new Date(DATA_EPOCH - hours * HOUR).toISOString()));
  return text;
}

/** Looks up records and keeps them for one answer, since many are nested in several others. */
export class Library {
  readonly #tables = new Map<string, TableState>();
  readonly #tableOf: (model: string) => TableState;
  readonly #key: number;
  readonly #readers = new Map<string, Map<number, Reader>>();

  constructor(tableOf: (model: string) => TableState, key: number) {
    this.#tableOf = tableOf;
    this.#key = key;
  }

  table(model: string): TableState {
    let table = this.#tables.get(model);
    if (!table) this.#tables.set(model, (table = this.#tableOf(model)));
    return table;
  }

  open(model: ModelDefinition, ordinal: number): Reader {
    let readers = this.#readers.get(model.name);
    if (!readers) this.#readers.set(model.name, (readers = new Map()));
    let reader = readers.get(ordinal);
    if (!reader) readers.set(ordinal, (reader = new Reader(this, model, ordinal, this.#key)));
    return reader;
  }
}

export class Reader implements RecordReader {
  readonly ordinal: number;
  readonly id: string;
  readonly remoteId: string;
  readonly revision: number;
  readonly made: boolean;
  readonly #library: Library;
  readonly #model: ModelDefinition;
  readonly #table: TableState;
  readonly #state: RecordState | undefined;
  readonly #dice: number;
  #own: Fields | undefined;

  constructor(library: Library, model: ModelDefinition, ordinal: number, key: number) {
    this.#library = library;
    this.#model = model;
    this.#table = library.table(model.name);
    this.#state = this.#table.peek(ordinal);
    this.#dice = mix(mix(key, hashText(model.name)), ordinal);
    this.ordinal = ordinal;
    this.id = this.#table.idOf(ordinal);
    this.remoteId = String(ordinal + 1);
    this.revision = this.#state?.revision ?? 0;
    this.made = ordinal >= this.#table.generated;
  }

  get changedAt(): string {
    return new Date(this.#table.changedAt(this.ordinal)).toISOString();
  }

  get deletedAt(): string | null {
    const deletedAt = this.#table.deletedAt(this.ordinal);
    return deletedAt === undefined ? null : new Date(deletedAt).toISOString();
  }

  int(salt: string, max: number): number {
    return mix(this.#dice, hashText(salt)) % max;
  }

  chance(salt: string, percent: number): boolean {
    return this.int(salt, 100) < percent;
  }

  pick<T>(salt: string, values: readonly T[]): T {
    return values[this.int(salt, values.length)] as T;
  }

  live<T>(salt: string, values: readonly T[]): T {
    return values[(this.int(salt, values.length) + this.revision) % values.length] as T;
  }

  time(salt: string, days: number): string {
    return days > 1000 ? hoursBefore(this.int(salt, days) * 24) : hoursBefore(this.int(salt, days * 24));
  }

  one(link: string): Reader | null {
    return this.all(link)[0] ?? null;
  }

  all(name: string): Reader[] {
    const link = this.#model.links[name]!;
    const to = this.#library.table(link.to);
    return targetsOf(name, link, this.ordinal, this.#table, to)
      .filter((target) => to.has(target) && (link.many === undefined || to.deletedAt(target) === undefined))
      .map((target) => this.#library.open(modelOf(link.to), target));
  }

  holders(model: string, name: string): Reader[] {
    const definition = modelOf(model);
    const from = this.#library.table(model);
    return sourcesOf(name, definition.links[name]!, this.ordinal, from, this.#table)
      .filter((source) => from.has(source) && from.deletedAt(source) === undefined)
      .map((source) => this.#library.open(definition, source));
  }

  get(field: string): unknown {
    const own = this.own();
    if (field in own) return own[field];
    if (field === 'changed_at') return this.changedAt;
    return field === 'remote_deleted_at' ? this.deletedAt : null;
  }

  part(...names: string[]): Fields {
    const part: Fields = {};
    for (const name of names) part[name] = this.get(name);
    return part;
  }

  own(): Fields {
    if (this.#own) return this.#own;
    const { remote, linkFields, makes } = this.#model;
    const own: Fields = { ...this.#model.own?.(this), id: this.id };
    if (remote) own['remote_id'] = this.remoteId;
    for (const [link, field] of linkFields) own[field] = this.one(link)?.id ?? null;
    for (const [field, make] of makes) if (!(field in own)) own[field] = make(this);
    return (this.#own = Object.assign(own, this.#state?.fields));
  }

  /** Not part of `own`, since formatting timestamps is expensive. */
  stamped(): Fields {
    const own = { ...this.own() };
    if (!this.#model.stamped) return own;
    own['changed_at'] = this.changedAt;
    own['remote_deleted_at'] = this.deletedAt;
    return own;
  }

  /** The record as the API returns it. */
  whole(): Fields {
    const { nested } = this.#model;
    const whole = this.stamped();
    for (const field in nested) whole[field] = nested[field]!(this);
    Object.assign(whole, this.#state?.fields);
    if (!this.#state?.emptied) return whole;
    const kept = new Set(['id', 'changed_at', 'remote_deleted_at']);
    return Object.fromEntries(
      Object.entries(whole).map(([name, value]) => [name, kept.has(name) ? value : null]),
    );
  }

  /** The same as text, without the fields that the endpoint hides. */
  text(hidden: readonly string[]): string {
    if (this.#state?.raw !== undefined) return this.#state.raw;
    const whole = this.whole();
    for (const field of hidden) delete whole[field];
    return JSON.stringify(whole);
  }
}
