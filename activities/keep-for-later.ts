import { LOOK_UP, type PassKind } from '../src/domain/reads.ts';
import type { Wanted } from '../src/domain/wanted.ts';
import { owe } from '../src/store/state/debts.ts';
import { noteServed } from '../src/store/state/deliveries.ts';
import { leaveToNextSync } from '../src/store/state/due.ts';
import { findIntegration } from '../src/store/state/integrations.ts';
import { announceDeletion } from '../src/store/state/deletions.ts';
import { cancelPasses } from '../src/store/state/pass-life.ts';
import { wakeUnlessCalling } from './support/calling-run.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { keepAlive } from './support/liveness.ts';
import { keepReads } from './support/plan.ts';

export interface KeepForLaterInput {
  integrationId: string;
  /** The id under which the served webhooks are noted. */
  syncId: string;
  /** What was asked for, in the order of arrival. */
  wanted: Wanted[];
  /** How it was to be read; a delta by default. */
  kind?: PassKind;
  /** Syncs whose passes are ended. */
  syncIds: string[];
  /** Endpoints that were to be read in full and are not yet. */
  unread?: string[];
  /** Since when the integration had been active at the run's last plan; without a plan, when the run began (ISO). */
  activeSince: string;
}

/**
 * A run ends before it has read everything that it was asked for. The rest is owed, so that a later sync reads it
 * (invariant I6), and its passes can be resumed.
 */
export function createKeepForLater(deps: ActivityDeps) {
  return async function keepForLater(input: KeepForLaterInput): Promise<void> {
    return asFailures(async () => {
      using liveness = keepAlive();
      liveness.report({ keeping: input.wanted.length + input.syncIds.length });
      const { integrationId, syncId, kind = 'delta', unread = [] } = input;
      const { store } = deps;
      const begun = input.syncIds.length > 0 ? await cancelPasses(store, input.syncIds) : [];
      const integration = await findIntegration(store, integrationId);
      for (const { models, everything, deliveries, lookUp, deletedAt } of input.wanted) {
        await noteServed(store, integrationId, syncId, deliveries);
        if (deletedAt !== undefined) await announceDeletion(store, integrationId, new Date(deletedAt));
        if (!integration) continue;
        if (everything || models.length > 0) {
          await keepReads(deps, integration, kind, everything ? undefined : models);
        }
        if (lookUp || deletedAt !== undefined) {
          await owe(store, integrationId, [{ endpoint: LOOK_UP, kind: 'look-up' }]);
        }
      }
      for (const endpoint of unread) {
        // A pass that has begun is owed since its start, so that it can be resumed.
        const pass = begun.find((one) => one.kind === 'full' && one.endpoint === endpoint);
        if (!pass?.isCompleted)
          await owe(store, integrationId, [{ endpoint, kind: 'full' }], pass?.startedAt);
      }
      // If a pause cut the run off and you have resumed since, the sync of the resume may have begun before this was
      // owed, so wake it. If you cancelled the sync, you do not want it to start again.
      const resumed =
        integration?.status === 'active' && integration.statusSince > new Date(input.activeSince);
      if (resumed) await wakeUnlessCalling(deps, integrationId);
      else await leaveToNextSync(store, integrationId);
    });
  };
}
