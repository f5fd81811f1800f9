import type { Asker } from '../../src/domain/decide.ts';
import type { EndpointOutcome, Trigger } from '../../src/domain/sync.ts';
import type { PassKind, PlannedPass, Reason } from '../../src/domain/reads.ts';
import type { Asked } from '../../src/domain/wanted.ts';

/** What a sync is to do with what it takes on. Where it names no models at all, it reads every endpoint. */
export interface StartSyncInput extends Omit<Asked, 'everything'> {
  integrationId: string;
  syncId: string;
  trigger: Trigger;
  kind: PassKind;
  by: Asker;
  /** What the run reads already, by `readKey`. */
  busy?: string[];
  /** Syncs whose reads were cut off. */
  cut?: string[];
}

export interface SyncStart {
  tool?: string;
  category?: string;
  /** Search attributes that the namespace does not have, so that the run must do without them. */
  unlabelled?: string[];
  /** Since when the integration is active without a break (ISO): what a pause has cut off is told by it. */
  activeSince?: string;
  /** How many of the full passes are read at once (PASSES_PER_SYNC). */
  atOnce?: number;
  /** What is still to be read, each by itself. */
  passes: PlannedPass[];
  /** What has been read already, has failed, or is not read. */
  outcomes: EndpointOutcome[];
  /** Endpoints that have been read, and whose deltas showed no record. */
  quiet?: string[];
  unknownModels: string[];
  /** What is left to reads that the run does already: it looks again when these end. */
  left: string[];
  /** Why nothing is read at all: the integration is gone, parked, paused, or of a category that is not known. */
  blocked?: Reason | undefined;
  /** Nothing is known of the integration, and Kombo did not say: it is to be asked again. */
  unanswered?: boolean;
  /** Something is due already that this start has not read. */
  owes: boolean;
  /** Milliseconds until something that fails is tried again; null when no timer is to wait. */
  retryInMs: number | null;
}
