import { hashText, mix } from '../random.ts';
import type { Fields, ModelDefinition, RecordReader } from '../model/index.ts';
import { modelOf } from '../model/index.ts';
import { sourcesOf, targetsOf } from './links.ts';
import { DATA_EPOCH, type RecordState, type TableState } from './table.ts';

const DAY = 86_400_000;

/** Looks records up and keeps them for the length of one answer, since many of them are nested in several others. */
export class Library {
  readonly #tables: ReadonlyMap<string, TableState>;
  readonly #key: number;
  readonly #readers = new Map<string, Map<number, Reader>>();

  constructor(tables: ReadonlyMap<string, TableState>, key: number) {
    this.#tables = tables;
    this.#key = key;
  }

  table(model: string): TableState {
    const table = this.#tables.get(model);
    if (!table) throw new RangeError(`The integration has no ${model}.`);
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
  readonly changedAt: string;
  readonly deletedAt: string | null;
  readonly revision: number;
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
    this.changedAt = new Date(this.#table.changedAt(ordinal)).toISOString();
    const deletedAt = this.#table.deletedAt(ordinal);
    this.deletedAt = deletedAt === undefined ? null : new Date(deletedAt).toISOString();
    this.revision = this.#state?.revision ?? 0;
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
    return new Date(DATA_EPOCH - (this.int(salt, days * 1440) * DAY) / 1440).toISOString();
  }

  one(link: string): Reader | null {
    return this.all(link)[0] ?? null;
  }

  all(name: string): Reader[] {
    const link = this.#model.links![name]!;
    const to = this.#library.table(link.to);
    return targetsOf(name, link, this.ordinal, this.#table, to)
      .filter((target) => to.has(target) && (link.many === undefined || to.deletedAt(target) === undefined))
      .map((target) => this.#library.open(modelOf(link.to), target));
  }

  holders(model: string, name: string): Reader[] {
    const definition = modelOf(model);
    const from = this.#library.table(model);
    return sourcesOf(name, definition.links![name]!, this.ordinal, from, this.#table)
      .filter((source) => from.has(source) && from.deletedAt(source) === undefined)
      .map((source) => this.#library.open(definition, source));
  }

  get(field: string): unknown {
    return this.own()[field];
  }

  part(...names: string[]): Fields {
    const own = this.own();
    const part: Fields = {};
    for (const name of names) part[name] = own[name] === undefined ? null : own[name];
    return part;
  }

  /** The record without copies of others. */
  own(): Fields {
    if (this.#own) return this.#own;
    const fields: Fields = { id: this.id };
    if (!this.#model.bare) fields['remote_id'] = this.remoteId;
    for (const [name, link] of Object.entries(this.#model.links ?? {})) {
      if (link.field) fields[link.field] = this.one(name)?.id ?? null;
    }
    Object.assign(fields, this.#model.own(this));
    if (!this.#model.bare) {
      fields['changed_at'] = this.changedAt;
      fields['remote_deleted_at'] = this.deletedAt;
    }
    return (this.#own = Object.assign(fields, this.#state?.fields));
  }

  /** The record as the API returns it. */
  whole(): Fields {
    const own = this.own();
    if (this.#state?.emptied) return this.#emptied(own);
    return { ...own, ...this.#model.nested?.(this), ...this.#state?.fields };
  }

  #emptied(own: Fields): Fields {
    const names = Object.keys({ ...own, ...this.#model.nested?.(this) });
    const kept = ['id', 'changed_at', 'remote_deleted_at'];
    return Object.fromEntries(names.map((name) => [name, kept.includes(name) ? own[name] : null]));
  }

  text(): string {
    return this.#state?.raw ?? JSON.stringify(this.whole());
  }
}
