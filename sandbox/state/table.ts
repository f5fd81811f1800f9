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

interface TableChanges {
  readonly states: Map<number, RecordState>;
  readonly ids: Map<string, number>;
  /** Ordinals by position, for positions before the first and after the last generated record. */
  readonly front: number[];
  readonly back: number[];
  /** Sources whose link was set by hand, by link and target. */
  readonly adopted: Map<string, Map<number, Set<number>>>;
}

function noChanges(): TableChanges {
  return { states: new Map(), ids: new Map(), front: [], back: [], adopted: new Map() };
}

/** Of all tables without changes: most of them, where there are thousands of integrations. */
const UNTOUCHED = noChanges();

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
  #changes = UNTOUCHED;

  /** `key` belongs to the integration and makes the ids; `salt` tells its tables apart. */
  constructor(options: { key: number; salt: number; generated: number; createdAt: number }) {
    this.#key = options.key;
    this.#salt = options.salt;
    this.#generated = options.generated;
    this.#newest = Math.min(DATA_EPOCH, options.createdAt);
  }

  /** Generated records, also changed and deleted ones: links are dealt out among these. */
  get generated(): number {
    return this.#generated;
  }

  /** All records ever made; ordinals are below this. */
  get total(): number {
    return this.#generated + this.#created;
  }

  /** Every record is as it was generated. */
  get untouched(): boolean {
    return this.#changes === UNTOUCHED;
  }

  save(): SavedTable {
    const { states, front, back } = this.#changes;
    return { created: this.#created, states: [...states], front, back };
  }

  load(saved: SavedTable): void {
    const changes = this.#touch();
    this.#created = saved.created;
    for (const ordinal of saved.front) changes.front.push(ordinal);
    for (const ordinal of saved.back) changes.back.push(ordinal);
    for (const [ordinal, { links, ...state }] of saved.states) {
      changes.states.set(ordinal, state);
      if (state.id !== undefined) changes.ids.set(state.id, ordinal);
      for (const [link, targets] of Object.entries(links ?? {})) this.setLinks(ordinal, link, targets);
    }
  }

  has(ordinal: number): boolean {
    return ordinal >= 0 && ordinal < this.total && !this.#changes.states.get(ordinal)?.vanished;
  }

  peek(ordinal: number): RecordState | undefined {
    return this.#changes.states.get(ordinal);
  }

  /** The record's state, to be changed by the caller. */
  edit(ordinal: number): RecordState {
    const { states } = this.#touch();
    let state = states.get(ordinal);
    if (!state) states.set(ordinal, (state = {}));
    return state;
  }

  #touch(): TableChanges {
    if (this.#changes === UNTOUCHED) this.#changes = noChanges();
    return this.#changes;
  }

  idOf(ordinal: number): string {
    return this.#changes.states.get(ordinal)?.id ?? encodeId(this.#key, ordinal);
  }

  ordinalOf(id: string): number | undefined {
    const ordinal = this.#changes.ids.get(id) ?? decodeId(this.#key, id);
    return ordinal !== undefined && ordinal < this.total && this.idOf(ordinal) === id ? ordinal : undefined;
  }

  createdAt(ordinal: number): number {
    return (
      this.#changes.states.get(ordinal)?.createdAt ?? this.#newest - (mix(this.#salt, ordinal) % (180 * DAY))
    );
  }

  changedAt(ordinal: number): number {
    return this.#changes.states.get(ordinal)?.changedAt ?? this.createdAt(ordinal);
  }

  /** The moment that `updated_after` is compared with. */
  shownAfter(ordinal: number): number {
    return Math.max(this.changedAt(ordinal), this.#changes.states.get(ordinal)?.touchedAt ?? 0);
  }

  deletedAt(ordinal: number): number | undefined {
    return this.#changes.states.get(ordinal)?.deletedAt;
  }

  create(at: number, id?: string): number {
    const ordinal = this.total;
    this.#created++;
    const state = this.edit(ordinal);
    state.createdAt = at;
    if (id !== undefined) {
      state.id = id;
      this.#touch().ids.set(id, ordinal);
    }
    this.move(ordinal, 'last');
    return ordinal;
  }

  move(ordinal: number, where: 'first' | 'last'): void {
    const state = this.edit(ordinal);
    const { front, back } = this.#touch();
    if (where === 'last') state.position = this.#generated + back.push(ordinal) - 1;
    else state.position = -front.push(ordinal);
  }

  setLinks(ordinal: number, link: string, targets: number[]): void {
    const state = this.edit(ordinal);
    const { adopted: byLink } = this.#touch();
    let adopted = byLink.get(link);
    if (!adopted) byLink.set(link, (adopted = new Map()));
    for (const target of state.links?.[link] ?? []) adopted.get(target)?.delete(ordinal);
    for (const target of targets) adopted.set(target, (adopted.get(target) ?? new Set()).add(ordinal));
    state.links = { ...state.links, [link]: targets };
  }

  /** Sources whose link was set by hand to this target. */
  adopted(link: string, target: number): Iterable<number> {
    return this.#changes.adopted.get(link)?.get(target) ?? [];
  }

  positionOf(ordinal: number): number {
    return this.#changes.states.get(ordinal)?.position ?? ordinal;
  }

  /**
   * Ordinals in listing order, from the first position behind `after`. With `changedSince`, records that cannot have
   * changed since may be left out.
   */
  *walk(after = Number.NEGATIVE_INFINITY, changedSince = 0): Generator<number> {
    if (changedSince >= this.#newest && this.#changes.states.size < this.#generated / 4) {
      const changed = [...this.#changes.states.keys()].filter((ordinal) => this.positionOf(ordinal) > after);
      changed.sort((a, b) => this.positionOf(a) - this.positionOf(b));
      for (const ordinal of changed) if (this.has(ordinal)) yield ordinal;
      return;
    }
    const end = this.#generated + this.#changes.back.length;
    for (let position = Math.max(after + 1, -this.#changes.front.length); position < end; position++) {
      const ordinal = this.#at(position);
      if (this.has(ordinal) && this.positionOf(ordinal) === position) yield ordinal;
    }
  }

  #at(position: number): number {
    if (position < 0) return this.#changes.front[-position - 1]!;
    return position < this.#generated ? position : this.#changes.back[position - this.#generated]!;
  }
}
