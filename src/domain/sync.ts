import type { Pending } from './debounce.ts';

/** What started a sync; the values of the search attribute `KomboTrigger`. */
export type Trigger = 'webhook' | 'schedule' | 'manual' | 'catch-up' | 'initial';

export type PassKind = 'delta' | 'full';

/** Counts of one pass, or of several added up. `records` is what Kombo returned, whatever became of it. */
export interface PassCounts {
  pages: number;
  records: number;
  created: number;
  updated: number;
  unchanged: number;
  deleted: number;
  restored: number;
  /** Older than what is stored, so not written. */
  stale: number;
  rejected: number;
}

export const NO_COUNTS: PassCounts = {
  pages: 0,
  records: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  restored: 0,
  stale: 0,
  rejected: 0,
};

export function addCounts(a: PassCounts, b: PassCounts): PassCounts {
  const sum = { ...a };
  for (const key of Object.keys(NO_COUNTS) as (keyof PassCounts)[]) sum[key] = a[key] + b[key];
  return sum;
}

/** What a full pass had to repair that a delta should have brought. */
export interface DriftCounts {
  missing: number;
  stale: number;
  wronglyLive: number;
  wronglyDeleted: number;
  /** How much of the above no delta could have shown. */
  expected: number;
}

/** How a drift report is judged: `expected` when no delta could have shown any of it. */
export type DriftVerdict = 'none' | 'expected' | 'unexpected';

/** What became of one endpoint in one sync. */
export interface EndpointOutcome {
  endpoint: string;
  kind: PassKind;
  status: 'completed' | 'failed' | 'skipped';
  counts: PassCounts;
  /** Why it failed or was skipped: an error class of `domain/errors.ts` and a sentence for the operator. */
  reason?: { code: string; message: string };
  /** Missing when there was no earlier pass to compare with. */
  drift?: DriftCounts & { verdict: DriftVerdict };
  sweep?: SweepOutcome;
}

export interface SweepOutcome {
  state: 'done' | 'stopped';
  /** Live rows that the full listing did not show. */
  candidates: number;
  /** How many of them Kombo confirmed to be gone. */
  deleted: number;
  message?: string;
}

/** `partial`: at least one endpoint failed and at least one did not. */
export type SyncStatus = 'completed' | 'partial' | 'failed';

/** The result of a workflow run, as Temporal's UI shows it. */
export interface SyncResult {
  integrationId: string;
  status: SyncStatus;
  /** How many times the debounce fired in this run. */
  syncs: number;
  counts: PassCounts;
  endpoints: Record<string, Omit<EndpointOutcome, 'endpoint'>>;
  /** Paths of the endpoints that failed; the next sync reads them again. */
  failed: string[];
  /** Model names that this version does not know. */
  unknownModels: string[];
  /** Why nothing was read at all: the integration is gone or paused, or the plan could not be made (`failed`). */
  blocked?: Blocked | undefined;
}

export interface Blocked {
  code: string;
  message: string;
  failed: boolean;
}

export interface IntegrationSyncInput {
  integrationId: string;
  quietMs?: number;
  maxWaitMs?: number;
  /** Read every endpoint at once, without waiting for a signal: the catch-up. */
  everything?: boolean;
  trigger?: Trigger;
  /** State that an earlier run of the same workflow hands over (continue-as-new). */
  carried?: CarriedState;
}

export interface FullSyncInput {
  integrationId: string;
  /** Only the endpoints of these models; every endpoint when left out. */
  models?: string[];
  /** Only what changed since then (ISO date or date-time); such a sync never sweeps. */
  since?: string;
  trigger?: Trigger;
  /** Let a sweep delete more than SWEEP_MAX_SHARE of a table. */
  allowMassDeletion?: boolean;
  carried?: CarriedState;
}

/** Deliveries of one type that a sync serves, and when they came (epoch milliseconds). */
export interface ServedDeliveries {
  type: string;
  times: number;
  firstAt: number;
  lastAt: number;
}

export interface EraseInput {
  integrationId: string;
  /** Do not wait until DELETED_RETENTION is over: somebody asked for it. */
  now?: boolean;
}

/** What is waiting and what is done, carried through continue-as-new as one object so that fields can be added. */
export interface CarriedState {
  pending?: Pending;
  refresh?: boolean;
  /** A deletion that a webhook told of (epoch milliseconds). */
  deletedAt?: number;
  deliveries?: ServedDeliveries[];
  /** When something that failed is tried again (epoch milliseconds). */
  retryAt?: number;
  everything?: boolean;
  /** The next sync does not wait for quiet. */
  urgent?: boolean;
  /** The next sync tries what fails although its pause is not over. */
  force?: boolean;
  syncs: number;
  outcomes: EndpointOutcome[];
  unknownModels: string[];
  /** A sync that was cut between chunks. */
  open?: OpenSync;
}

/** A sync that is planned: its id and the passes that are not done. */
export interface OpenSync {
  syncId: string;
  passes: PlannedPass[];
  /** Since when the integration was active at the plan (ISO). */
  activeSince?: string | undefined;
}

export interface PlannedPass {
  endpoint: string;
  kind: PassKind;
}

/** The overall status of a set of outcomes. Skipped endpoints are neither a success nor a failure. */
export function overallStatus(outcomes: readonly EndpointOutcome[]): SyncStatus {
  const failed = outcomes.filter((outcome) => outcome.status === 'failed').length;
  if (failed === 0) return 'completed';
  return outcomes.some((outcome) => outcome.status === 'completed') ? 'partial' : 'failed';
}
