import { ConfigError } from '../config-error.ts';
import { keepsOutAsMuch } from '../domain/fields/choice.ts';
import type { Fields } from '../domain/fields/policy.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import {
  countStep,
  purgeStep,
  type PurgePosition,
  type PurgeStep,
  type PurgeWalk,
} from '../store/records/field-purge.ts';
import { purgeSetAside } from '../store/records/purge-set-aside.ts';
import { storedEndpoints } from '../store/state/extra-endpoints.ts';
import { isSame, markClean, readRecordedChoice, recordChoice } from '../store/state/field-choice.ts';
import { audited } from './audited.ts';
import type { OperationDeps } from './deps.ts';
import { eraseAllNotChosen, type ErasedTable } from './erase-not-chosen.ts';

/** What was found in a table or purged from it. */
export interface PurgedTable {
  table: string;
  /** Rows that were checked. */
  rows: number;
  values: number;
}

export interface Purge {
  /** Values that the choice excludes or hashes, without nulls. */
  values: number;
  /** Tables that hold such values. */
  tables: PurgedTable[];
  /** False if time ran out before the end. */
  complete: boolean;
}

/** What a purge did. */
export interface Purged extends Purge {
  /** Rows of tables that are not chosen to be read. */
  notChosen: ErasedTable[];
}

interface Walking {
  /** Reports the progress after each step. */
  report?: (table: string, rows: number, values: number) => void;
  signal?: AbortSignal | undefined;
  /** The walk ends between two steps after this time. */
  boundMs?: number;
}

/** Walks over the stored tables, counting or purging by `step`. `hits` counts the rows that a purge touches. */
async function walkTables(
  store: Store,
  fields: Fields,
  step: PurgeWalk,
  { report, signal, boundMs = Infinity }: Walking,
): Promise<Purge & { hits: number }> {
  const until = performance.now() + boundMs;
  const tables: PurgedTable[] = [];
  let hits = 0;
  for (const endpoint of await storedEndpoints(store.pool)) {
    const policy = fields.stored(endpoint);
    if (!policy) continue;
    const found: PurgedTable = { table: endpoint.table, rows: 0, values: 0 };
    let position: PurgePosition | null = null;
    do {
      signal?.throwIfAborted();
      if (performance.now() > until) return summary(false);
      const done: PurgeStep = await step(store, endpoint, policy, position);
      found.rows += done.rows;
      found.values += done.values;
      hits += done.hits;
      position = done.next;
      report?.(endpoint.table, found.rows, found.values);
    } while (position);
    tables.push(found);
  }
  return summary(true);

  function summary(complete: boolean) {
    const held = tables.filter(({ values }) => values > 0);
    return { values: held.reduce((sum, { values }) => sum + values, 0), tables: held, complete, hits };
  }
}

interface Deps extends Pick<OperationDeps, 'store' | 'actor' | 'config' | 'signal'> {
  fields: Fields;
}

/** Counts stored values that the choice excludes or hashes. */
export async function countStored(
  { store, fields }: Pick<Deps, 'store' | 'fields'>,
  walking: Walking = {},
): Promise<Purge> {
  const { hits, ...found } = await walkTables(store, fields, countStep, walking);
  const setAside = await purgeSetAside(store, fields, true);
  if (found.complete && hits === 0 && setAside === 0) await markClean(store, fields);
  return withSetAside(found, setAside);
}

/**
 * Purges what is stored against the choice: rows of endpoints that are not chosen, then values. Each step is one
 * transaction. If a purge broke off, start it again: it finds the rest. The change feed shows none of it, because no
 * record changed.
 *
 * @throws ConfigError if workers write by another choice: they would store the values again.
 */
export async function purgeFields(deps: Deps, walking: Walking = {}): Promise<Purged> {
  const { store, fields } = deps;
  if (!isSame(await readRecordedChoice(store), fields)) {
    const problem = 'differs from the last setup (or HASH_FIELDS or HASH_KEY does)';
    throw new ConfigError([{ name: 'EXCLUDE_FIELDS', problem, remedy: 'run kombo-sync setup first' }]);
  }
  return audited(deps, { action: 'purge-fields', integrationId: null }, async () => {
    const notChosen = await eraseAllNotChosen(deps);
    const { hits: _, ...done } = await walkTables(store, fields, purgeStep, walking);
    const setAside = await purgeSetAside(store, fields);
    if (done.complete) await markClean(store, fields);
    return { ...withSetAside(done, setAside), notChosen };
  });
}

function withSetAside(purge: Purge, values: number): Purge {
  if (values === 0) return purge;
  const setAside = { table: 'rejected_records', rows: values, values };
  return { ...purge, values: purge.values + values, tables: [...purge.tables, setAside] };
}

export interface SetUpFields {
  /** How many rules apply from now on. */
  rules: number;
  /** Whether the rules were different before. */
  changed: boolean;
  /** What is still stored against the choice; null if that was purged before. */
  stored: Pick<Purge, 'values' | 'complete'> | null;
}

/** Counting a large database would take longer than `setup` should. */
const COUNT_MS = 20_000;

/** Makes the settings apply to every worker. */
export async function setUpFields(deps: Pick<Deps, 'store' | 'fields'>): Promise<SetUpFields> {
  const { store, fields } = deps;
  const before = await recordChoice(store, fields);
  const { isClean } = await readRecordedChoice(store);
  const stored = isClean ? null : await countStored(deps, { boundMs: COUNT_MS });
  return {
    rules: fields.choice.rules.length,
    changed: !isSame(before, fields),
    stored: stored && { values: stored.values, complete: stored.complete },
  };
}

/**
 * At the start of a worker: if its choice keeps out more than the recorded one, it applies from now on. Only `setup`
 * can keep out less: an old worker that restarts must not store again what the others keep out.
 *
 * @throws ConfigError if it would keep out less.
 */
export async function takeUpChoice(store: Store, fields: Fields, log: Logger): Promise<void> {
  const recorded = await readRecordedChoice(store);
  if (isSame(recorded, fields)) return;
  const sameKey = recorded.hashKey === null || recorded.hashKey === fields.hashKey;
  if (!sameKey || !keepsOutAsMuch(fields.choice, recorded.choice)) {
    const problem = 'keeps out less than the last setup (or HASH_FIELDS or HASH_KEY has changed)';
    const remedy = 'give this worker the values of the others, or run kombo-sync setup to keep its own';
    throw new ConfigError([{ name: 'EXCLUDE_FIELDS', problem, remedy }]);
  }
  await recordChoice(store, fields);
  log.warn(
    'More fields are kept out from now on. To erase what is stored of them, run: kombo-sync fields purge',
  );
}
