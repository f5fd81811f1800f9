import { decodeId, encodeId, mix } from '../random.ts';
import type { Fields } from '../model/index.ts';

/** What differs from the generated record. Almost all records differ in nothing, so a million of them cost nothing. */
export interface RecordState {
  position?: number;
  createdAt?: number;
  changedAt?: number;
  /** When nested data last changed: deltas return the record again, with the same `changed_at`. */
  touchedAt?: number;
  deletedAt?: number | undefined;
  vanished?: boolean;
  emptied?: boolean;
  revision?: number;
  /** Fields that were set. */
  fields?: Fields;
  /** Ordinals of linked records, by link. */
  links?: Record<string, number[]>;
  /** Text that is served in place of the record, as it is. */
  raw?: string;
  /** The id, if the record was made with an id of its own. */
  id?: string;
}

/** What a later sandbox needs to continue with a table. */
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
  /** Sources whose link was set, by link and target. */
  readonly adopted: Map<string, Map<number, Set<number>>>;
}

function noChanges(): TableChanges {
  return { states: new Map(), ids: new Map(), front: [], back: [], adopted: new Map() };
}

/** Shared by all tables without changes, since with thousands of integrations most tables have none. */
const UNTOUCHED = noChanges();

const DAY = 86_400_000;
/** Generated data is older than this day, so that it is the same after every start. */
export const DATA_EPOCH = Date.UTC(2026, 0, 5, 8);

/**
 * The records of one model of one integration. The ordinal of a record is the number of records made before it; its
 * position is its place in the listing. Records are generated, so only changes are stored.
 */
export class TableState {
  readonly #key: number;
  readonly #salt: number;
  readonly #generated: number;
  readonly #newest: number;
  #created = 0;
  #changes = UNTOUCHED;

  /** `key` is the integration's and makes the ids; `salt` differs between its tables. */
  constructor(options: { key: number; salt: number; generated: number; createdAt: number }) {
    this.#key = options.key;
    this.#salt = options.salt;
    this.#generated = options.generated;
    this.#newest = Math.min(DATA_EPOCH, options.createdAt);
  }

  /** The number of generated records, with changed and deleted ones. Default links point only to these. */
  get generated(): number {
    return this.#generated;
  }

  /** The number of records ever made. Ordinals are below it. */
  get total(): number {
    return this.#generated + this.#created;
  }

  /** No record has changed since it was generated. */
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

  /** The state of the record, for the caller to change. */
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

  /** The time that `updated_after` is compared with. */
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

  /** Sources whose link was set to this target. */
  adopted(link: string, target: number): Iterable<number> {
    return this.#changes.adopted.get(link)?.get(target) ?? [];
  }

  positionOf(ordinal: number): number {
    return this.#changes.states.get(ordinal)?.position ?? ordinal;
  }

  /**
   * Ordinals in listing order, from the first position after `after`. With `changedSince`, it may leave out records
   * that cannot have changed since then.
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
