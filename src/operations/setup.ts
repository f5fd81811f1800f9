import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import { findIntegration, listIntegrations } from '../store/state/integrations.ts';
import { migrate } from '../store/migrate.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import { createLifecycle } from '../temporal/lifecycle.ts';
import { reconcileSchedules } from '../temporal/schedules.ts';
import { settleIntegration } from '../temporal/settle.ts';
import { registerSearchAttributes } from '../temporal/search-attributes.ts';

export interface SetupResult {
  /** Migration steps that were applied. */
  migrations: string[];
  /** Search attributes that were added. */
  searchAttributes: string[];
  /** Ids of the schedules that were touched, and how many were right. */
  schedules: Awaited<ReturnType<typeof reconcileSchedules>>;
}

/**
 * Prepares Postgres and Temporal for `serve` and `worker`. Safe to repeat and to run from several processes at once.
 *
 * @throws when a step fails; the steps before it stay.
 */
export async function setup(deps: {
  config: Config;
  store: Store;
  temporal: TemporalHandle;
  log: Logger;
}): Promise<SetupResult> {
  const { config, store, temporal, log } = deps;
  const { applied } = await migrate(store, { say: (text) => log.warn(text) });
  log.debug({ applied }, 'The database is up to date');
  // Schedules carry search attributes, so the server must know these first.
  const { added } = await registerSearchAttributes(temporal);
  log.debug({ added }, 'The search attributes are registered');
  const integrations = await listIntegrations(store);
  const schedules = await reconcileSchedules(temporal.client, config, integrations, (id) =>
    findIntegration(store, id),
  );
  const lifecycle = createLifecycle(temporal.client, config);
  // What broke off between Postgres and Temporal is made up for.
  for (const { id, temporalDueAt } of integrations) {
    if (temporalDueAt) await settleIntegration({ store, lifecycle }, id);
  }
  for (const { id, removedAt, erasedAt } of integrations) {
    if (removedAt && !erasedAt) await lifecycle.planErasure(id, removedAt);
  }
  log.debug(schedules, 'The schedules are in step with the integrations');
  return { migrations: applied, searchAttributes: added, schedules };
}
