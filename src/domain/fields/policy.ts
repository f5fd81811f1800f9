import { CATALOGUE, type EndpointDefinition, type KnownCategory } from '../catalogue/index.ts';
import type { FieldChoice } from './choice.ts';
import { keysOf, modelUnder } from './models.ts';
import { EVERY_TABLE, type FieldRule, type Treatment } from './rules.ts';

/** What to do with the records of one endpoint. */
export interface FieldPolicy {
  /** Removes excluded values, and replaces hashed ones by their hashes. */
  apply(record: unknown): Applied;
  /**
   * Keys of nested records that a rule applies to. If a field changes that is not stored, their `changed_at` changes
   * too. That alone must not count as a change of the row.
   */
  timedKeys: readonly string[];
}

interface Applied {
  /** The same object if there was nothing to do. */
  record: unknown;
  /** How many values were excluded or hashed. */
  values: number;
  /** A record under one of `timedKeys` has a time. */
  hasTimes: boolean;
}

/** What to do with the fields of all records, by the settings. */
export interface Fields {
  choice: FieldChoice;
  /** Distinguishes hash keys; null if nothing is hashed. */
  hashKey: string | null;
  /** For records from Kombo; undefined if there is nothing to do. */
  incoming(endpoint: EndpointDefinition): FieldPolicy | undefined;
  /** For stored records, whose values may be hashed already. */
  stored(endpoint: EndpointDefinition): FieldPolicy | undefined;
}

/** The stored form of a hashed text, for example `hmac-sha256:2jmj7l5rSw0yVb_vlWAYkK_YBwk`. */
export type HashText = (text: string) => string;

/** The exact text, if the value is a number that the parser kept as written. */
type ExactNumber = (value: unknown) => string | undefined;

interface Node {
  treatment?: Treatment;
  below: Tree;
}
type Tree = Map<string, Node>;

/**
 * What a choice means for the records of an endpoint: at any depth, in lists too, and wherever records of a table with
 * a rule are nested. Undefined if there is nothing to do.
 */
export function fieldPolicy(
  choice: FieldChoice,
  endpoint: EndpointDefinition,
  values: { hash: HashText; exactNumber: ExactNumber },
): FieldPolicy | undefined {
  const everywhere = treeOf(choice.rules.filter(({ table }) => table === EVERY_TABLE));
  const models = treesByModel(choice, endpoint);
  if (everywhere.size === 0 && models.size === 0) return undefined;
  const own = models.get(endpoint.records);
  return {
    apply(record) {
      const walk = new Walk(endpoint.category, everywhere, models, values);
      const cleaned = walk.clean(record, own ? [own] : []);
      return { record: cleaned, values: walk.values, hasTimes: walk.hasTimes };
    },
    timedKeys: keysOf(endpoint.category, (model) => everywhere.size > 0 || models.has(model)),
  };
}

/** By model, so that tables with the same records are treated alike. */
function treesByModel(
  { rules }: FieldChoice,
  { category, table: own }: EndpointDefinition,
): Map<string, Tree> {
  const trees = new Map<string, Tree>();
  for (const rule of rules) {
    const named =
      CATALOGUE.find(({ table }) => table === rule.table) ??
      CATALOGUE.find((one) => one.records === rule.table);
    if (named ? named.category !== category : rule.table !== own) continue;
    const model = named ? named.records : rule.table;
    const tree = trees.get(model) ?? new Map<string, Node>();
    trees.set(model, tree);
    plant(tree, rule);
  }
  return trees;
}

function treeOf(rules: readonly FieldRule[]): Tree {
  const tree: Tree = new Map();
  for (const rule of rules) plant(tree, rule);
  return tree;
}

function plant(tree: Tree, { path, treatment }: FieldRule): void {
  let at = tree;
  for (const [step, name] of path.entries()) {
    const node: Node = at.get(name) ?? { below: new Map() };
    at.set(name, node);
    if (step === path.length - 1 && node.treatment !== 'exclude') node.treatment = treatment;
    at = node.below;
  }
}

class Walk {
  readonly #category: KnownCategory;
  readonly #everywhere: Tree;
  readonly #models: ReadonlyMap<string, Tree>;
  readonly #forms: { hash: HashText; exactNumber: ExactNumber };
  /** How many values were excluded or hashed. */
  values = 0;
  hasTimes = false;

  constructor(
    category: KnownCategory,
    everywhere: Tree,
    models: ReadonlyMap<string, Tree>,
    forms: { hash: HashText; exactNumber: ExactNumber },
  ) {
    this.#category = category;
    this.#everywhere = everywhere;
    this.#models = models;
    this.#forms = forms;
  }

  /** Returns the value itself if nothing in it changes. */
  clean(value: unknown, trees: readonly Tree[]): unknown {
    if (!isContainer(value)) return value;
    if (Array.isArray(value)) {
      const cleaned = value.map((entry) => this.clean(entry, trees));
      return cleaned.some((entry, index) => entry !== value[index]) ? cleaned : value;
    }
    const active = this.#everywhere.size > 0 ? [...trees, this.#everywhere] : trees;
    const fields = value as Record<string, unknown>;
    const keys = Object.keys(fields);
    let cleaned: Record<string, unknown> | undefined;
    for (const [at, key] of keys.entries()) {
      const before = fields[key];
      const after = this.#field(key, before, active);
      if (after !== before) cleaned ??= copyOf(fields, keys.slice(0, at));
      if (cleaned && after !== LEFT_OUT) define(cleaned, key, after);
    }
    return cleaned ?? value;
  }

  #field(key: string, value: unknown, active: readonly Tree[]): unknown {
    let treatment: Treatment | undefined;
    let below: Tree[] | undefined;
    for (const tree of active) {
      const node = tree.get(key);
      if (!node) continue;
      if (treatment !== 'exclude') treatment = node.treatment ?? treatment;
      if (node.below.size > 0) (below ??= []).push(node.below);
    }
    if (treatment === undefined) return isContainer(value) ? this.#below(key, value, below) : value;
    const after = treatment === 'hash' ? this.#hash(value) : LEFT_OUT;
    if (after !== value && value !== null) this.values += 1;
    return after;
  }

  #below(key: string, value: object, below: readonly Tree[] = []): unknown {
    const model = modelUnder(this.#category, key);
    const own = model === undefined ? undefined : this.#models.get(model);
    if (model !== undefined && (own || this.#everywhere.size > 0)) this.hasTimes ||= isTimed(value);
    return this.clean(value, own ? [...below, own] : below);
  }

  /** Hashes the text of texts, numbers and booleans, and of anything else its JSON with sorted keys. */
  #hash(value: unknown): unknown {
    if (value === null || value === undefined) return value;
    const { hash, exactNumber } = this.#forms;
    if (typeof value === 'string') return hash(value);
    return hash(exactNumber(value) ?? JSON.stringify(sorted(value)));
  }
}

const LEFT_OUT = Symbol('left out');

/** An assignment to `__proto__` would set the prototype instead of a key. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function copyOf(object: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of keys) define(copy, key, object[key]);
  return copy;
}

function isTimed(value: object): boolean {
  return Array.isArray(value)
    ? value.some((entry) => isContainer(entry) && isTimed(entry))
    : 'changed_at' in value;
}

/** Whether a value is an object or a list. Numbers that are kept as written are objects without a prototype. */
function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== null;
}

function sorted(value: unknown): unknown {
  if (!isContainer(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
}
