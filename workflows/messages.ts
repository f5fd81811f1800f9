import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EndpointOutcome, PlannedPass } from '../src/domain/sync.ts';

/**
 * Messages of `integrationSync`. The sender and the handler of each import it from here, so that neither can name
 * a signal that the other does not know (invariant I4).
 */

/** Models that Kombo says have changed. */
export interface ModelsChanged {
  models: string[];
}

/** Something about the integration itself changed: look it up again. */
export interface IntegrationChanged {
  event: 'created' | 'deleted' | 'state-changed';
}

/** Sync without waiting for the debounce; every endpoint when no models are named. */
export interface SyncNow {
  models?: string[];
}

export interface SyncState {
  phase: 'waiting' | 'syncing' | 'ending';
  /** Models that wait for the next sync. */
  pendingModels: string[];
  /** When the next sync starts (ISO), while one waits. */
  dueAt?: string;
  running: PlannedPass[];
  outcomes: EndpointOutcome[];
  syncs: number;
}

export const modelsChanged = defineSignal<[ModelsChanged]>('modelsChanged');
export const integrationChanged = defineSignal<[IntegrationChanged]>('integrationChanged');
export const syncState = defineQuery<SyncState>('syncState');
export const syncNow = defineUpdate<{ accepted: true }, [SyncNow]>('syncNow');
