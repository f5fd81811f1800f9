import type { Because } from './decide.ts';
import type { Wanted } from './wanted.ts';

export type { ServedDeliveries } from './wanted.ts';

/** What started a sync; the values of the search attribute `KomboTrigger`. */
export const TRIGGERS = ['webhook', 'schedule', 'manual', 'catch-up', 'initial'] as const;
export type Trigger = (typeof TRIGGERS)[number];

export const PASS_KINDS = ['delta', 'full'] as const;
export type PassKind = (typeof PASS_KINDS)[number];

/** What can be owed for an endpoint. The three are paid, and fail, one by one: none hides another. */
export const DEBT_KINDS = ['delta', 'full', 'sweep', 'look-up'] as const;
export type DebtKind = (typeof DEBT_KINDS)[number];

/** The integration itself, in the place of an endpoint: what a look-up that is owed or failing stands under. */
export const LOOK_UP = '/integrations/{id}';

/** Counts of one pass, or of several added up. `records` is what Kombo returned, stored or not. */
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
export const DRIFT_VERDICTS = ['none', 'expected', 'unexpected'] as const;
export type DriftVerdict = (typeof DRIFT_VERDICTS)[number];

export function judgeDrift(counts: DriftCounts): DriftVerdict {
  const all = counts.missing + counts.stale + counts.wronglyLive + counts.wronglyDeleted;
  if (all === 0) return 'none';
  return counts.expected >= all ? 'expected' : 'unexpected';
}

/** Why something failed or was skipped, for programs and for the operator. */
export interface Reason {
  /** An error class of `domain/errors.ts`, or Kombo's own code. */
  code: string;
  message: string;
}

/** What became of one endpoint in one sync. */
export interface EndpointOutcome {
  endpoint: string;
  kind: PassKind;
  status: 'completed' | 'failed' | 'skipped';
  /** What was written, also where the pass failed on its way. */
  counts: PassCounts;
  reason?: Reason;
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
export const SYNC_STATUSES = ['completed', 'partial', 'failed'] as const;
export type SyncStatus = (typeof SYNC_STATUSES)[number];

/** The result of a workflow run, as Temporal's UI shows it. */
export interface SyncResult {
  integrationId: string;
  status: SyncStatus;
  /** How many times something was read in this run. */
  syncs: number;
  counts: PassCounts;
  endpoints: Record<string, Omit<EndpointOutcome, 'endpoint'>>;
  /** Paths of the endpoints that failed; they are tried again. */
  failed: string[];
  /** Model names that this version does not know. */
  unknownModels: string[];
  /** Why nothing was read at all: the integration is gone or paused, or the plan could not be made (`failed`). */
  blocked?: Blocked | undefined;
}

export interface Blocked extends Reason {
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

/** What you can ask of a full sync. */
export interface FullSyncOptions {
  /** Only the endpoints of these models; every endpoint when left out. */
  models?: string[] | undefined;
  /** Only what changed since then (ISO date or date-time); such a sync never sweeps. */
  since?: string | undefined;
  /** Let a sweep delete more than SWEEP_MAX_SHARE of a table. */
  allowMassDeletion?: boolean | undefined;
}

export interface FullSyncInput extends FullSyncOptions {
  integrationId: string;
  trigger?: Trigger;
  carried?: CarriedState;
}

export interface EraseInput {
  integrationId: string;
  /** Do not wait until DELETED_RETENTION is over: you asked for it. */
  now?: boolean;
}

/** What waits, runs and is done, carried through continue-as-new as one object so that fields can be added. */
export interface CarriedState {
  wanted?: Wanted;
  /** Passes that are under way. */
  reading: OpenPass[];
  /** When what is owed is read again (epoch milliseconds). */
  retryAt?: number;
  syncs: number;
  outcomes: EndpointOutcome[];
  unknownModels: string[];
  blocked?: Blocked | undefined;
  /** Syncs whose passes were cut off and are to be ended. */
  cut?: string[];
}

/** A read that a sync has to do. */
export interface PlannedPass {
  endpoint: string;
  kind: DebtKind;
  because: Because;
}

/** A read that a run does: it belongs to a sync, whose id finds its row again. */
export interface OpenPass extends PlannedPass {
  syncId: string;
  /** It goes on at this time (epoch milliseconds). */
  waitsUntil?: number;
  /** Tries that have failed in a row. */
  tries?: number;
}

/** Tells the reads of an integration from each other. */
export const readKey = ({ endpoint, kind }: Pick<PlannedPass, 'endpoint' | 'kind'>) => `${kind} ${endpoint}`;

/** What became of an endpoint that was read in several ways, one after the other or at once. */
export function joinOutcomes(before: EndpointOutcome | undefined, now: EndpointOutcome): EndpointOutcome {
  if (!before) return now;
  return { ...now, counts: addCounts(before.counts, now.counts) };
}

/** The result of a run, by endpoint: of its reads the worst one counts. */
export function buildResult(
  integrationId: string,
  outcomes: readonly EndpointOutcome[],
  rest: Pick<SyncResult, 'syncs' | 'unknownModels' | 'blocked'>,
): SyncResult {
  const { blocked, ...others } = rest;
  const endpoints = new Map<string, EndpointOutcome>();
  for (const outcome of outcomes) {
    const before = endpoints.get(outcome.endpoint);
    endpoints.set(outcome.endpoint, before ? worseOf(before, outcome) : outcome);
  }
  const all = [...endpoints.values()];
  return {
    integrationId,
    status: blocked?.failed ? 'failed' : overallStatus(all),
    counts: outcomes.reduce((sum, outcome) => addCounts(sum, outcome.counts), NO_COUNTS),
    failed: all.filter(({ status }) => status === 'failed').map(({ endpoint }) => endpoint),
    endpoints: Object.fromEntries(all.map(({ endpoint, ...outcome }) => [endpoint, outcome])),
    ...others,
    ...(blocked ? { blocked } : {}),
  };
}

const BADNESS = { completed: 0, skipped: 1, failed: 2 };

function worseOf(a: EndpointOutcome, b: EndpointOutcome): EndpointOutcome {
  const worse = BADNESS[b.status] > BADNESS[a.status] ? b : a;
  const fuller = b.kind === 'full' ? b : a;
  return { ...fuller, ...worse, kind: fuller.kind, counts: addCounts(a.counts, b.counts) };
}

/** The overall status of a set of outcomes. Skipped endpoints are neither a success nor a failure. */
export function overallStatus(outcomes: readonly EndpointOutcome[]): SyncStatus {
  const failed = outcomes.filter((outcome) => outcome.status === 'failed').length;
  if (failed === 0) return 'completed';
  return outcomes.some((outcome) => outcome.status === 'completed') ? 'partial' : 'failed';
}
