import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EndpointOutcome, PlannedPass } from '../src/domain/sync.ts';

/**
 * Messages of `integrationSync`. The sender and the handler of each import it from here, so that neither can name
 * a signal that the other does not know (invariant I4).
 */

/** Models that Kombo says have changed. */
export interface ModelsChanged {
  models: string[];
  /** Any model may have changed: what a legacy webhook says. */
  everything?: boolean;
  /** How many deliveries of which types this is about. */
  deliveries?: Record<string, number>;
}

/** Something about the integration itself changed: look it up again. */
export interface IntegrationChanged {
  event: 'created' | 'deleted' | 'state-changed' | 'resumed';
  /** When it was deleted (ISO), where that is known. */
  deletedAt?: string;
  deliveries?: Record<string, number>;
}

/** Sync without waiting for the debounce; every endpoint when no models are named. */
export interface SyncNow {
  models?: string[];
}

export interface SyncState {
  /** `retrying`: what failed is tried again at `retryAt`, unless something comes before. */
  phase: 'waiting' | 'syncing' | 'retrying' | 'ending';
  /** Models that wait for the next sync. */
  pendingModels: string[];
  /** When the next sync starts (ISO), while one waits. */
  dueAt?: string;
  /** When what failed is tried again (ISO). */
  retryAt?: string;
  running: PlannedPass[];
  outcomes: EndpointOutcome[];
  syncs: number;
}

export const modelsChanged = defineSignal<[ModelsChanged]>('modelsChanged');
export const integrationChanged = defineSignal<[IntegrationChanged]>('integrationChanged');
export const syncState = defineQuery<SyncState>('syncState');
export const syncNow = defineUpdate<{ accepted: true }, [SyncNow]>('syncNow');
