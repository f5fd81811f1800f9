import type { Store } from '../store/database.ts';
import { findIntegration, type Integration } from '../store/state/integrations.ts';
import { noteSettled } from '../store/state/life.ts';
import { forgetMade, noteMade, readMadeSchedules } from '../store/state/made-schedules.ts';
import type { Lifecycle } from './lifecycle.ts';
import { scheduleIds } from './schedule-state.ts';
import type { EnsureResult } from './schedules.ts';

export interface Settled {
  /** The integration that Temporal now matches; undefined if there is none. */
  integration: Integration | undefined;
  schedules: EnsureResult;
  /** Ids of the syncs that were cancelled. */
  cancelled: string[];
}

/** The status may change while Temporal is updated. After this many rounds, the rest is left for later. */
const ROUNDS = 5;

/**
 * Makes Temporal match what Postgres says about an integration: its schedules, its syncs and the erasure of its data. A
 * change of status is first written to Postgres, with a note that Temporal must follow; this removes the note. So if a
 * process dies between the two, or cannot reach Temporal, any worker can finish the change.
 *
 * @param exceptWorkflowId a sync that is not cancelled, since it is the caller.
 */
export async function settleIntegration(
  { store, lifecycle }: { store: Store; lifecycle: Lifecycle },
  id: string,
  exceptWorkflowId?: string,
): Promise<Settled> {
  const settled: Settled = { integration: undefined, schedules: 'unchanged', cancelled: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const integration = await findIntegration(store, id);
    if (!integration) break;
    settled.integration = integration;
    if (integration.status === 'removed') {
      settled.cancelled.push(...(await lifecycle.cancelSyncs(id, exceptWorkflowId)));
      await lifecycle.deleteSchedules(id);
      await forgetMade(store, scheduleIds(id));
      const { removedAt, erasedAt } = integration;
      if (removedAt && !erasedAt) await lifecycle.planErasure(id, removedAt);
    } else {
      if (!isFresh(integration)) await lifecycle.cancelErasure(id);
      const isNew = (await readMadeSchedules(store, scheduleIds(id))).size === 0;
      const { result, made } = await lifecycle.ensureSchedules(integration, isNew);
      settled.schedules = result;
      await noteMade(store, made);
      if (integration.status === 'paused') {
        // The status was written before, so a sync that begins now finds the integration paused.
        settled.cancelled.push(...(await lifecycle.cancelSyncs(id, exceptWorkflowId)));
      }
    }
    if (await noteSettled(store, integration)) break;
  }
  return settled;
}

/** Whether its status has never changed, so that no erasure was ever planned: with thousands of new ones each request counts. */
const isFresh = ({ createdAt, statusSince }: Integration) => createdAt.getTime() === statusSince.getTime();
