import type { Config } from '../config.ts';
import { fieldsOf } from '../kombo/fields.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import { listIntegrations } from '../store/state/integrations.ts';
import { noteDone } from '../store/state/chores.ts';
import { migrate } from '../store/migrate.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import { eachByItself, type Failed } from '../temporal/each.ts';
import { recountRows, type Recounted } from './recount.ts';
import { setUpFields, type SetUpFields } from './fields.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import { createPatience } from '../temporal/patience.ts';
import { reconcileSchedules, type Reconciled } from '../temporal/reconcile.ts';
import { schedulesChore } from '../temporal/schedules-chore.ts';
import { settleIntegration } from '../temporal/settle.ts';
import {
  describeUnusable,
  registerSearchAttributes,
  type UnusableAttribute,
} from '../temporal/search-attributes.ts';

export interface SetupResult {
  /** Migration steps that were applied. */
  migrations: string[];
  /** Which fields are excluded or hashed. */
  fields: SetUpFields;
  rowCounts: Recounted;
  /** Search attributes that were added. */
  searchAttributes: string[];
  /** Search attributes that cannot be used. Syncs run without them. */
  unusable: UnusableAttribute[];
  /** Ids of the schedules that were changed, and how many were right already. */
  schedules: Omit<Reconciled, 'failed'>;
  /** Integrations for which a step failed; the others are as they should be. */
  failed: Failed[];
}

/**
 * Prepares Postgres and Temporal for `serve` and `worker`. Safe to repeat and to run from several processes at once.
 *
 * @param deps.recount compares all counts of rows with the rows; otherwise, only rows without a count are counted.
 * @param deps.note gets a line about why a step takes long.
 * @throws if a step fails for all integrations; the steps before it stay.
 */
export async function setup(deps: {
  config: Config;
  store: Store;
  temporal: TemporalHandle;
  log: Logger;
  recount?: boolean;
  note?: (line: string) => void;
  signal?: AbortSignal | undefined;
}): Promise<SetupResult> {
  const { config, store, temporal, log, recount = false, note = () => {}, signal } = deps;
  const { applied } = await migrate(store, { say: (text) => log.warn(text) });
  log.debug({ applied }, 'The database is up to date');
  const fields = await setUpFields({ store, fields: fieldsOf(config) });
  const rowCounts = await recountRows({ store, all: recount, note, signal });
  // Schedules carry search attributes, so the server must know these first.
  const { added, unusable } = await registerSearchAttributes(temporal.client);
  log.debug({ added }, 'The search attributes are registered');
  const patience = createPatience({ note, signal });
  const { failed, ...schedules } = await reconcileSchedules({
    client: temporal.client,
    store,
    config,
    patience,
    onProgress: everySoOften(note),
    signal,
  });
  if (failed.length === 0) await noteDone(store, schedulesChore(config));
  const integrations = await listIntegrations(store);
  const lifecycle = createLifecycle(temporal.client, config, patience);
  // Acts that broke off between Postgres and Temporal are completed. Integrations that failed above would only fail
  // again.
  const known = new Set(failed.map(({ id }) => id));
  const rest = integrations.filter(({ id }) => !known.has(id));
  const unsettled = await eachByItself(rest, 1, async ({ id, temporalDueAt, removedAt, erasedAt }) => {
    if (temporalDueAt) await settleIntegration({ store, lifecycle }, id);
    if (removedAt && !erasedAt) await lifecycle.planErasure(id, removedAt);
  });
  log.debug(schedules, 'The schedules are in step with the integrations');
  return {
    migrations: applied,
    fields,
    rowCounts,
    searchAttributes: added,
    unusable,
    schedules,
    failed: [...failed, ...unsettled],
  };
}

const TELL_EVERY_MS = 5_000;
/** Fewer take no time worth a line. */
const MANY = 500;

function everySoOften(note: (line: string) => void): (done: number, of: number) => void {
  let toldAt = performance.now();
  return (done, of) => {
    if (done === 0 && of >= MANY) note(`Comparing the schedules of ${of} integrations …`);
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    note(`${done} of ${of} integrations have their schedules`);
  };
}

/** Lines that say what could not be done, and what to do about it. */
export function setupProblems({
  unusable,
  failed,
  schedules,
}: Pick<SetupResult, 'unusable' | 'failed' | 'schedules'>): string[] {
  const lines = byHandLines(schedules);
  if (unusable.length > 0) {
    const { what, remedy } = describeUnusable(unusable);
    lines.push(`! ${what}.`, `    → ${remedy}`);
  }
  if (failed.length > 0) {
    const count = failed.length === 1 ? '1 integration' : `${failed.length} integrations`;
    lines.push(`✗ ${count} failed; the others are set up. Fix the reason, then run: kombo-sync setup`);
    lines.push(...failed.map(({ id, message }) => `    ${id}: ${message}`));
  }
  return lines;
}

const SHOWN = 3;

/** What you have done in Temporal stays, but you should know of it. */
export function byHandLines({
  pausedByHand,
  changedByHand,
}: Pick<Reconciled, 'pausedByHand' | 'changedByHand'>): string[] {
  const line = (ids: readonly string[], what: string, remedy: string) => {
    if (ids.length === 0) return [];
    const some = ids.slice(0, SHOWN).join(', ');
    const more = ids.length > SHOWN ? `, and ${ids.length - SHOWN} more` : '';
    return [`! ${what} by hand in Temporal, and left so: ${some}${more}`, `    → ${remedy}`];
  };
  return [
    ...line(
      pausedByHand,
      'Paused',
      'If that is over, unpause: temporal schedule toggle --unpause --schedule-id <id>',
    ),
    ...line(
      changedByHand,
      'Changed',
      'If the settings are to count, delete the schedule (temporal schedule delete --schedule-id <id>) and run: kombo-sync setup',
    ),
  ];
}
