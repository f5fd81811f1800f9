import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EndpointOutcome } from '../src/domain/sync.ts';
import type { Issue } from '../src/domain/issues.ts';
import type { OpenPass } from '../src/domain/reads.ts';
import type { IntegrationChange } from '../src/domain/wanted.ts';

/**
 * Messages of `integrationSync`. The sender and the handler of each import it from here, so that neither can name
 * a signal that the other does not know (invariant I4).
 */

/** What webhooks say about their integration, and how many deliveries of which types a message is about. */
interface AboutDeliveries {
  deliveries?: Record<string, number> | undefined;
  tool?: string | undefined;
  category?: string | undefined;
  originId?: string | undefined;
}

/** Models that Kombo says have changed. */
export interface ModelsChanged extends AboutDeliveries {
  models: string[];
  /** Any model may have changed. Legacy webhooks say this. */
  everything?: boolean | undefined;
}

/** Something about the integration itself changed: look it up again. */
export interface IntegrationChanged extends AboutDeliveries, IntegrationChange {}

/** Sync without waiting for the debounce: every endpoint if no models are named. */
interface SyncNow {
  models?: string[];
}

/**
 * What a run does: `waiting` for webhooks to pause, `starting` a sync, only `reading`, `retrying` (it tries again at
 * `retryAt`, or earlier if something comes), `keeping` what it will not read as owed, `ending`. Reads continue beside
 * all of them.
 */
const PHASES = ['waiting', 'starting', 'reading', 'retrying', 'keeping', 'ending'] as const;
export type Phase = (typeof PHASES)[number];

export interface SyncState {
  phase: Phase;
  /** Models that wait for the next sync. */
  pendingModels: readonly string[];
  /** When the next sync starts (ISO), if one waits. */
  dueAt?: string | undefined;
  /** When a failed read is tried again (ISO). */
  retryAt?: string | undefined;
  running: OpenPass[];
  outcomes: EndpointOutcome[];
  syncs: number;
}

export const modelsChanged = defineSignal<[ModelsChanged]>('modelsChanged');
export const integrationChanged = defineSignal<[IntegrationChanged]>('integrationChanged');
/** For `noteIssue`: an issue was raised or resolved at Kombo. */
export const issueChanged = defineSignal<[Issue]>('issueChanged');
export const syncState = defineQuery<SyncState>('syncState');
export const syncNow = defineUpdate<{ accepted: true }, [SyncNow]>('syncNow');
