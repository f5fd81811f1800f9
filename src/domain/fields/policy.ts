import { CATALOGUE, type EndpointDefinition, type KnownCategory } from '../catalogue/index.ts';
import type { FieldChoice } from './choice.ts';
import { keysOf, modelUnder } from './models.ts';
import { EVERY_TABLE, type FieldRule, type Treatment } from './rules.ts';

/** What happens to the records of one endpoint. */
export interface FieldPolicy {
  /** Takes out what is not to be stored, and puts hashes in place of what is to be hashed. Counts what it did. */
  apply(record: unknown): { record: unknown; values: number };
  /**
   * Keys of nested records that a rule concerns. When a field that is not stored changes, their `changed_at` moves with it, and
   * that alone is no change of what is stored.
   */
  timedKeys: readonly string[];
}

/** What the settings say about the fields of all records. */
export interface Fields {
  choice: FieldChoice;
  /** Tells hash keys from one another; null where nothing is hashed. */
  hashKey: string | null;
  /** For records as they come; undefined where nothing is to be done. */
  incoming(endpoint: EndpointDefinition): FieldPolicy | undefined;
  /** For records that are stored, whose values may be hashed already. */
  stored(endpoint: EndpointDefinition): FieldPolicy | undefined;
}

/** The stored form of a value whose text is hashed, for example `hmac-sha256:2jmj7l5rSw0yVb_vlWAYkK_YBwk`. */
export type HashText = (text: string) => string;

/** Exact text of a number that the parser kept as written, if it is one. */
type ExactNumber = (value: unknown) => string | undefined;

interface Node {
  treatment?: Treatment;
  below: Tree;
}
type Tree = Map<string, Node>;

/**
 * What a choice means for the records of an endpoint: at any depth, in lists too, and wherever a record of a table with a rule
 * is nested. Undefined where nothing is to be done.
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
      return { record: walk.clean(record, own ? [own] : []), values: walk.values };
    },
    timedKeys: keysOf(endpoint.category, (model) => everywhere.size > 0 || models.has(model)),
  };
}

/** By model: tables that list the same records are kept alike. */
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
  /** How many values were taken out or hashed. */
  values = 0;

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

  /** The value itself where nothing is to be changed in it. */
  clean(value: unknown, trees: readonly Tree[]): unknown {
    if (!isContainer(value)) return value;
    if (Array.isArray(value)) {
      const cleaned = value.map((entry) => this.clean(entry, trees));
      return cleaned.some((entry, index) => entry !== value[index]) ? cleaned : value;
    }
    const active = this.#everywhere.size > 0 ? [...trees, this.#everywhere] : trees;
    let changed = false;
    const entries: [string, unknown][] = [];
    for (const key of Object.keys(value)) {
      const before = (value as Record<string, unknown>)[key];
      let treatment: Treatment | undefined;
      let below: Tree[] | undefined;
      for (const tree of active) {
        const node = tree.get(key);
        if (!node) continue;
        if (treatment !== 'exclude') treatment = node.treatment ?? treatment;
        if (node.below.size > 0) (below ??= []).push(node.below);
      }
      if (treatment === 'exclude') {
        changed = true;
        if (before !== null) this.values += 1;
        continue;
      }
      const after = treatment === 'hash' ? this.#hash(before) : this.#below(key, before, below);
      if (after !== before) {
        changed = true;
        if (treatment === 'hash') this.values += 1;
      }
      entries.push([key, after]);
    }
    // fromEntries defines own properties, so that a key `__proto__` stays data.
    return changed ? Object.fromEntries(entries) : value;
  }

  #below(key: string, value: unknown, below: readonly Tree[] = []): unknown {
    if (!isContainer(value)) return value;
    const model = modelUnder(this.#category, key);
    const own = model === undefined ? undefined : this.#models.get(model);
    return this.clean(value, own ? [...below, own] : below);
  }

  /** Of texts, numbers and truth values their text; of anything else its JSON with sorted keys. */
  #hash(value: unknown): unknown {
    if (value === null || value === undefined) return value;
    const { hash, exactNumber } = this.#forms;
    if (typeof value === 'string') return hash(value);
    return hash(exactNumber(value) ?? JSON.stringify(sorted(value)));
  }
}

/** Numbers that are kept as they were written are objects without a prototype. */
function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== null;
}

function sorted(value: unknown): unknown {
  if (!isContainer(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
}
