import { addCounts, NO_COUNTS, type DriftCounts, type DriftVerdict, type PassCounts } from './counts.ts';
import type { FullSyncOptions } from './full-sync-options.ts';
import type { OpenPass, PassKind, PassState, Reason, SweepState, Trigger } from './reads.ts';
import type { Wanted } from './wanted.ts';

export type { ServedDeliveries } from './wanted.ts';
export { TRIGGERS, type Trigger } from './reads.ts';

/** How the read of an endpoint can end for a sync. */
const OUTCOMES = ['completed', 'failed', 'skipped'] as const satisfies readonly PassState[];

/** The outcome of one endpoint in one sync. */
export interface EndpointOutcome {
  endpoint: string;
  kind: PassKind;
  status: (typeof OUTCOMES)[number];
  /** What was written, even if the pass failed later. */
  counts: PassCounts;
  reason?: Reason | undefined;
  /** Missing if there was no earlier pass to compare with. */
  drift?: (DriftCounts & { verdict: DriftVerdict }) | undefined;
  sweep?: SweepOutcome | undefined;
}

export interface SweepOutcome {
  state: Extract<SweepState, 'done' | 'stopped'>;
  /** Live rows that the full listing did not show. */
  candidates: number;
  /** How many of them Kombo confirmed to be gone. */
  deleted: number;
  message?: string | undefined;
}

/** `partial`: at least one endpoint failed and at least one did not. */
export const SYNC_STATUSES = ['completed', 'partial', 'failed'] as const;
export type SyncStatus = (typeof SYNC_STATUSES)[number];

/** The result of a run, as Temporal's UI shows it. */
export interface SyncResult {
  integrationId: string;
  status: SyncStatus;
  /** How many syncs this run did. */
  syncs: number;
  counts: PassCounts;
  endpoints: Record<string, Omit<EndpointOutcome, 'endpoint'>>;
  /** Paths of the endpoints in which nothing was new. */
  quiet: string[];
  /** Paths of the endpoints that failed; they are tried again. */
  failed: string[];
  /** Model names that this version does not know. */
  unknownModels: string[];
  /** Why nothing was read: the integration is removed or paused, or the start failed (`failed`). */
  blocked?: Blocked | undefined;
}

export interface Blocked extends Reason {
  failed: boolean;
}

export interface IntegrationSyncInput {
  integrationId: string;
  quietMs?: number;
  maxWaitMs?: number;
  /** The first webhook after quiet is read at once. */
  leading?: boolean;
  /** Read every endpoint at once, without waiting for a signal: the catch-up. */
  everything?: boolean;
  trigger?: Trigger;
  /** State from the run that continued as new. */
  carried?: CarriedState;
}

export interface FullSyncInput extends FullSyncOptions {
  integrationId: string;
  trigger?: Trigger;
  carried?: CarriedState;
}

export interface EraseInput {
  integrationId: string;
  /** Does not wait for DELETED_RETENTION, since you asked for it. */
  now?: boolean | undefined;
}

/** What a run hands over when it continues as new. One object, so that fields can be added. */
export interface CarriedState {
  wanted?: Wanted | undefined;
  /** Open passes. */
  reading: OpenPass[];
  /** When owed reads are tried again (epoch milliseconds). */
  retryAt?: number | undefined;
  /** When a webhook asked last (epoch milliseconds), where the first one after quiet leads. */
  askedAt?: number | undefined;
  syncs: number;
  outcomes: EndpointOutcome[];
  unknownModels: string[];
  blocked?: Blocked | undefined;
  /** Syncs whose passes were stopped and must be ended. */
  cut?: string[];
  /** Syncs that still read. */
  unfinished?: UnfinishedSync[];
  /** Full passes that the run reads at once (PASSES_PER_SYNC). */
  atOnce?: number;
}

/** A sync that still reads: what has become of it so far. */
export interface UnfinishedSync {
  syncId: string;
  trigger: Trigger;
  /** Epoch milliseconds. */
  startedAt: number;
  outcomes: EndpointOutcome[];
}

/**
 * Whether a delta has shown no record. Most do, and a history keeps every byte for as long as the run is kept: of a quiet
 * one only the path is told.
 */
export function isQuiet({ kind, status, counts }: EndpointOutcome): boolean {
  return kind === 'delta' && status === 'completed' && counts.records === 0;
}

/** The outcome of a quiet delta. */
export const quietOutcome = (endpoint: string): EndpointOutcome => ({
  endpoint,
  kind: 'delta',
  status: 'completed',
  counts: { ...NO_COUNTS, pages: 1 },
});

/** What became of an endpoint that was read in several ways, one after the other or at once. */
export function joinOutcomes(before: EndpointOutcome | undefined, now: EndpointOutcome): EndpointOutcome {
  if (!before) return now;
  return { ...now, counts: addCounts(before.counts, now.counts) };
}

/** The result of a run. For each endpoint, its worst read counts. */
export function buildResult(
  integrationId: string,
  outcomes: readonly EndpointOutcome[],
  rest: Pick<SyncResult, 'syncs' | 'unknownModels' | 'blocked'>,
): SyncResult {
  const endpoints = new Map<string, EndpointOutcome>();
  for (const outcome of outcomes) {
    const before = endpoints.get(outcome.endpoint);
    endpoints.set(outcome.endpoint, before ? worseOf(before, outcome) : outcome);
  }
  const all = [...endpoints.values()];
  const told = all.filter((outcome) => !isQuiet(outcome));
  return {
    integrationId,
    status: rest.blocked?.failed ? 'failed' : overallStatus(all),
    counts: outcomes.reduce((sum, outcome) => addCounts(sum, outcome.counts), NO_COUNTS),
    failed: all.filter(({ status }) => status === 'failed').map(({ endpoint }) => endpoint),
    endpoints: Object.fromEntries(told.map(({ endpoint, ...outcome }) => [endpoint, outcome])),
    quiet: all.filter(isQuiet).map(({ endpoint }) => endpoint),
    ...rest,
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
