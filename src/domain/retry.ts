import { hashText } from './spread.ts';

/** The settings RETRY_INTERVAL, RETRY_MAX_INTERVAL and RETRY_GIVE_UP, in milliseconds. */
export interface RetryOptions {
  firstMs: number;
  maxMs: number;
  giveUpMs: number;
}

export interface FailureHistory {
  /** Failures in a row, this one included. */
  failures: number;
  failingSince: Date;
  now: Date;
  /** Trying again cannot help before a person has done something. */
  final: boolean;
  /** What fails: spreads the tries of many that failed together. */
  key: string;
}

export interface Retry {
  /** Not tried by itself before this. */
  dueAt: Date;
  /** Known to need a person: no timer waits for it any more, only the catch-up and people try it. */
  needsPerson: boolean;
}

const GROWTH = 3;
const JITTER = 0.2;

/**
 * When something that failed is tried again: after pauses that grow threefold up to the longest one. After RETRY_GIVE_UP,
 * or at once where only a person can help, it is left to the catch-up.
 */
export function planRetry(history: FailureHistory, options: RetryOptions): Retry {
  const { failures, now, key } = history;
  const needsPerson = history.final || now.getTime() - history.failingSince.getTime() >= options.giveUpMs;
  const grown = options.firstMs * GROWTH ** Math.max(0, failures - 1);
  const pause = needsPerson ? options.maxMs : Math.min(options.maxMs, grown);
  const share = hashText(`${key} ${failures}`) / 0x1_0000_0000;
  return { dueAt: new Date(now.getTime() + Math.round(pause * (1 - JITTER * share))), needsPerson };
}
