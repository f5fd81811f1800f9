import { POLICIES, type ErrorClass } from './errors.ts';
import { hashText } from './spread.ts';

/*
 * All numbers and rules for tries, and all bounds on waiting. Times are in milliseconds.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** The first look at an endpoint. If it takes longer than this, it continues as its own pass and delays nothing. */
export const FIRST_LOOK_MS = 1_500;
/**
 * The same without news, as the catch-up does: nothing waits for its answers, and each read of its own is billed. As soon as
 * one needs that, the others have no longer than a look at news has.
 */
export const QUIET_LOOK_MS = 6_000;
/** A read that takes longer than this lets the next one of the same sync begin beside it. */
export const SLOW_READ_MS = 300;
/** For a request to Kombo. Half a minute is generous, since Kombo answers reads from its own database. */
export const REQUEST_TIMEOUT_MS = 30 * SECOND_MS;
/** Tries of one page, with short pauses between. For a longer wait the activity ends, which frees its slot. */
export const PAGE_TRIES = 3;
export const FIRST_PAGE_PAUSE_MS = 500;
export const PAGE_PATIENCE_MS = 2 * SECOND_MS;
/** How long a read waits for its share of Kombo's limit before it gives its slot to others, and a command before it says so. */
export const BUDGET_PATIENCE_MS = { delta: 5 * SECOND_MS, full: 20 * SECOND_MS, byHand: 5 * SECOND_MS };
/** A restart of a pass whose cursor Kombo has refused. */
export const MAX_RESTARTS = 3;
/** Pages of one pass. Without this limit, a listing whose cursors never end would be read for ever. */
export const MAX_PAGES = 200_000;

/** Longer by far than the setting CHUNK, after which an activity gives its slot back. */
export const ACTIVITY_TIMEOUT_MS = 10 * MINUTE_MS;
/** How long the work of a killed worker waits. Heartbeats are billed, so the first comes after most activities end. */
export const HEARTBEAT_TIMEOUT_MS = 20 * SECOND_MS;
export const HEARTBEAT_EVERY_MS = 8 * SECOND_MS;
/** What only the database or a lost worker can make fail is tried until it works. Temporal's UI shows it meanwhile. */
export const ACTIVITY_RETRY = { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 10_000 };

/** One try to send a notification. A killed worker holds it for so long. */
export const NOTIFY_TIMEOUT_MS = 30 * SECOND_MS;
export const NOTIFY_RETRY = {
  initialInterval: 5 * SECOND_MS,
  backoffCoefficient: 2,
  maximumInterval: 10 * MINUTE_MS,
};

/** A pass that has shown no life for this long has lost its worker, or the workflow that called it. */
export const PASS_ALIVE_MS = MINUTE_MS;
/** A full pass in an outage is resumed about this many times before it counts as failed. */
export const PATIENT_TRIES = 6;
export const PATIENT_PAUSES_MS = [2, 4, 8, 16, 30].map((seconds) => seconds * SECOND_MS);
/** The shortest pause of a run. A wrong clock or answer cannot make it loop faster. */
export const SHORTEST_PAUSE_MS = SECOND_MS;
/** The pause after a failed start. */
export const FAILED_PLAN_PAUSE_MS = MINUTE_MS;
/** The pause before the next look-up of an integration that kombo-sync does not know yet. */
export const UNANSWERED_PAUSE_MS = 15 * SECOND_MS;
/** The longest wait for a rate limit before Kombo is asked again; below, the wait if Kombo names no time. */
export const LONGEST_LIMIT_MS = 10 * MINUTE_MS;
const LIMIT_PAUSE_MS = 10 * SECOND_MS;

/** How long a read waits for Kombo's limit. */
export function limitMs({ retryAfterMs = LIMIT_PAUSE_MS }: { retryAfterMs?: number | undefined }): number {
  return Math.min(LONGEST_LIMIT_MS, Math.max(SHORTEST_PAUSE_MS, retryAfterMs));
}

/** How long an endpoint that the tool does not offer is not tried, unless a webhook names it. */
export const NOT_OFFERED_MS = 24 * 60 * MINUTE_MS;

/** The settings RETRY_INTERVAL, RETRY_MAX_INTERVAL and RETRY_GIVE_UP. */
export interface RetryOptions {
  firstMs: number;
  maxMs: number;
  giveUpMs: number;
}

export interface FailureHistory {
  errorClass: ErrorClass;
  /** How long it has been failing. */
  failingMs: number;
  /** The integration. It spreads the tries of many that failed together, but keeps those of one together. */
  key: string;
}

export interface Retry {
  /** Timers do not try it before this time has passed. */
  pauseMs: number;
  /** It probably does not pass by itself. */
  needsAttention: boolean;
  /** No timer tries it any more, only the catch-up, webhooks and you. */
  givenUp: boolean;
}

/** A pause grows with the outage, so that the copy is never behind for much longer than the outage. */
const SHARE_OF_OUTAGE = 0.1;
const JITTER = 0.2;

/**
 * When a failed read is tried again: after RETRY_INTERVAL, or after a tenth of the time for which it has been failing,
 * up to RETRY_MAX_INTERVAL. After RETRY_GIVE_UP no timer tries it.
 */
export function planRetry(history: FailureHistory, options: RetryOptions): Retry {
  const { errorClass, failingMs, key } = history;
  const policy = POLICIES[errorClass];
  if (errorClass === 'EndpointDisabled') {
    return { pauseMs: NOT_OFFERED_MS, needsAttention: false, givenUp: true };
  }
  const givenUp = failingMs >= options.giveUpMs;
  const longest = Math.min(options.maxMs, policy.longestPauseMs ?? options.maxMs);
  const pause = Math.max(options.firstMs, Math.min(longest, failingMs * SHARE_OF_OUTAGE));
  const share = hashText(`${key} ${Math.round(pause / SECOND_MS)}`) / 0x1_0000_0000;
  const pauseMs = Math.max(SHORTEST_PAUSE_MS, Math.round(pause * (1 - JITTER * share)));
  return { pauseMs, needsAttention: policy.needsAttention || givenUp, givenUp };
}
