import type { Store } from '../store/database.ts';
import { findIntegration, type Integration } from '../store/state/integrations.ts';
import { noteSettled } from '../store/state/life.ts';
import type { Lifecycle } from './lifecycle.ts';
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
      const { removedAt, erasedAt } = integration;
      if (removedAt && !erasedAt) await lifecycle.planErasure(id, removedAt);
    } else {
      await lifecycle.cancelErasure(id);
      settled.schedules = await lifecycle.ensureSchedules(integration);
      if (integration.status === 'paused') {
        // The status was written before, so a sync that begins now finds the integration paused.
        settled.cancelled.push(...(await lifecycle.cancelSyncs(id, exceptWorkflowId)));
      }
    }
    if (await noteSettled(store, integration)) break;
  }
  return settled;
}
