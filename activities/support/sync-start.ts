import type { Asker } from '../../src/domain/decide.ts';
import type { EndpointOutcome, Trigger } from '../../src/domain/sync.ts';
import type { PassKind, PlannedPass, Reason } from '../../src/domain/reads.ts';
import type { Asked } from '../../src/domain/wanted.ts';

/** What a sync is asked to read. Without models, it reads every endpoint. */
export interface StartSyncInput extends Omit<Asked, 'everything'> {
  integrationId: string;
  syncId: string;
  trigger: Trigger;
  kind: PassKind;
  by: Asker;
  /** Reads that the run does already, by `readKey`. */
  busy?: string[];
  /** Syncs whose reads were cut off. */
  cut?: string[];
}

export interface SyncStart {
  tool?: string;
  category?: string;
  /** Search attributes that the namespace does not have; the run does without them. */
  unlabelled?: string[];
  /** Since when the integration has been active (ISO). It shows whether a pause cut off reads. */
  activeSince?: string;
  /** How many of the full passes are read at once (PASSES_PER_SYNC). */
  atOnce?: number;
  /** What is still to be read, each by itself. */
  passes: PlannedPass[];
  /** Endpoints that were read, failed, or are not read. */
  outcomes: EndpointOutcome[];
  /** Endpoints that have been read, and whose deltas showed no record. */
  quiet?: string[];
  unknownModels: string[];
  /** What the run reads already. When these reads end, it decides again what to read. */
  left: string[];
  /** Why nothing is read: the integration is gone, parked, paused, or its category is unknown. */
  blocked?: Reason | undefined;
  /** The integration is new here and Kombo did not answer: ask again. */
  unanswered?: boolean;
  /** Whether a read is due that this start has not done. */
  owes: boolean;
  /** Milliseconds until a failed read is tried again; null if no timer is needed. */
  retryInMs: number | null;
}
