import { decodeId, encodeId, mix } from '../random.ts';
import type { Fields } from '../model/index.ts';

/** What differs from the generated record. Almost all records have none of it, so a million of them cost nothing. */
export interface RecordState {
  position?: number;
  createdAt?: number;
  changedAt?: number;
  /** When nested data changed last: brings the record back without moving its `changed_at`. */
  touchedAt?: number;
  deletedAt?: number | undefined;
  vanished?: boolean;
  emptied?: boolean;
  revision?: number;
  /** Fields that were set to a value. */
  fields?: Fields;
  /** Ordinals of linked records, by link. */
  links?: Record<string, number[]>;
  /** The whole record as JSON text, served as it is. */
  raw?: string;
  /** Id of a record that was made under a name of its own. */
  id?: string;
}

/** What has to be kept of a table to go on with it later. */
export interface SavedTable {
  created: number;
  states: [number, RecordState][];
  front: number[];
  back: number[];
}

const DAY = 86_400_000;
/** Generated data is from before this day, so that it is the same after every start. */
export const DATA_EPOCH = Date.UTC(2026, 0, 5, 8);

/**
 * The records of one model of one integration. A record is known by its ordinal (how many were made before it); its
 * position says where it stands in a listing. Records are generated, so only changes are stored.
 */
export class TableState {
  readonly #key: number;
  readonly #salt: number;
  readonly #generated: number;
  readonly #newest: number;
  #created = 0;
  readonly #states = new Map<number, RecordState>();
  readonly #ids = new Map<string, number>();
  /** Ordinals by position, for positions before the first and after the last generated record. */
  readonly #front: number[] = [];
  readonly #back: number[] = [];
  /** Sources whose link was set by hand, by link and target. */
  readonly #adopted = new Map<string, Map<number, Set<number>>>();

  /** `key` belongs to the integration and makes the ids; `salt` tells its tables apart. */
  constructor(options: { key: number; salt: number; generated: number; createdAt: number }) {
    this.#key = options.key;
    this.#salt = options.salt;
    this.#generated = options.generated;
    this.#newest = Math.min(DATA_EPOCH, options.createdAt);
  }

  /** Generated records, whatever became of them: links are dealt out among these. */
  get generated(): number {
    return this.#generated;
  }

  /** All records ever made; ordinals are below this. */
  get total(): number {
    return this.#generated + this.#created;
  }

  save(): SavedTable {
    return { created: this.#created, states: [...this.#states], front: this.#front, back: this.#back };
  }

  load(saved: SavedTable): void {
    this.#created = saved.created;
    for (const ordinal of saved.front) this.#front.push(ordinal);
    for (const ordinal of saved.back) this.#back.push(ordinal);
    for (const [ordinal, { links, ...state }] of saved.states) {
      this.#states.set(ordinal, state);
      if (state.id !== undefined) this.#ids.set(state.id, ordinal);
      for (const [link, targets] of Object.entries(links ?? {})) this.setLinks(ordinal, link, targets);
    }
  }

  has(ordinal: number): boolean {
    return ordinal >= 0 && ordinal < this.total && !this.#states.get(ordinal)?.vanished;
  }

  peek(ordinal: number): RecordState | undefined {
    return this.#states.get(ordinal);
  }

  /** The record's state, to be changed by the caller. */
  edit(ordinal: number): RecordState {
    let state = this.#states.get(ordinal);
    if (!state) this.#states.set(ordinal, (state = {}));
    return state;
  }

  idOf(ordinal: number): string {
    return this.#states.get(ordinal)?.id ?? encodeId(this.#key, ordinal);
  }

  ordinalOf(id: string): number | undefined {
    const ordinal = this.#ids.get(id) ?? decodeId(this.#key, id);
    return ordinal !== undefined && ordinal < this.total && this.idOf(ordinal) === id ? ordinal : undefined;
  }

  createdAt(ordinal: number): number {
    return this.#states.get(ordinal)?.createdAt ?? this.#newest - (mix(this.#salt, ordinal) % (180 * DAY));
  }

  changedAt(ordinal: number): number {
    return this.#states.get(ordinal)?.changedAt ?? this.createdAt(ordinal);
  }

  /** The moment that `updated_after` is compared with. */
  shownAfter(ordinal: number): number {
    return Math.max(this.changedAt(ordinal), this.#states.get(ordinal)?.touchedAt ?? 0);
  }

  deletedAt(ordinal: number): number | undefined {
    return this.#states.get(ordinal)?.deletedAt;
  }

  create(at: number, id?: string): number {
    const ordinal = this.total;
    this.#created++;
    const state = this.edit(ordinal);
    state.createdAt = at;
    if (id !== undefined) {
      state.id = id;
      this.#ids.set(id, ordinal);
    }
    this.move(ordinal, 'last');
    return ordinal;
  }

  move(ordinal: number, where: 'first' | 'last'): void {
    const state = this.edit(ordinal);
    if (where === 'last') state.position = this.#generated + this.#back.push(ordinal) - 1;
    else state.position = -this.#front.push(ordinal);
  }

  setLinks(ordinal: number, link: string, targets: number[]): void {
    const state = this.edit(ordinal);
    let adopted = this.#adopted.get(link);
    if (!adopted) this.#adopted.set(link, (adopted = new Map()));
    for (const target of state.links?.[link] ?? []) adopted.get(target)?.delete(ordinal);
    for (const target of targets) adopted.set(target, (adopted.get(target) ?? new Set()).add(ordinal));
    state.links = { ...state.links, [link]: targets };
  }

  /** Sources whose link was set by hand to this target. */
  adopted(link: string, target: number): Iterable<number> {
    return this.#adopted.get(link)?.get(target) ?? [];
  }

  positionOf(ordinal: number): number {
    return this.#states.get(ordinal)?.position ?? ordinal;
  }

  /**
   * Ordinals in listing order, from the first position behind `after`. With `changedSince`, records that cannot have
   * changed since may be left out.
   */
  *walk(after = Number.NEGATIVE_INFINITY, changedSince = 0): Generator<number> {
    if (changedSince >= this.#newest && this.#states.size < this.#generated / 4) {
      const changed = [...this.#states.keys()].filter((ordinal) => this.positionOf(ordinal) > after);
      changed.sort((a, b) => this.positionOf(a) - this.positionOf(b));
      for (const ordinal of changed) if (this.has(ordinal)) yield ordinal;
      return;
    }
    const end = this.#generated + this.#back.length;
    for (let position = Math.max(after + 1, -this.#front.length); position < end; position++) {
      const ordinal = this.#at(position);
      if (this.has(ordinal) && this.positionOf(ordinal) === position) yield ordinal;
    }
  }

  #at(position: number): number {
    if (position < 0) return this.#front[-position - 1]!;
    return position < this.#generated ? position : this.#back[position - this.#generated]!;
  }
}
