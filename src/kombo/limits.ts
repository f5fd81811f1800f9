import { LONGEST_LIMIT_MS } from '../domain/retry.ts';
import type { RawAnswer } from './transport.ts';

/** What an answer says of Kombo's rate limit. */
export interface Limits {
  /** Requests in a window. */
  limit: number;
  /** Requests left in the window. */
  remaining: number;
  /** Milliseconds until the window ends. */
  resetMs: number;
}

/**
 * Reads `ratelimit-limit`, `ratelimit-remaining` and `ratelimit-reset`, which is seconds left and no moment:
 * https://docs.kombo.dev/ats/getting-started/querying-api. Null unless all three make sense.
 */
export function readLimits(headers: RawAnswer['headers']): Limits | null {
  const limit = wholeNumber(headers.get('ratelimit-limit'));
  const remaining = wholeNumber(headers.get('ratelimit-remaining'));
  const reset = Number(headers.get('ratelimit-reset') ?? Number.NaN);
  if (limit === null || limit === 0 || remaining === null || !(reset >= 0)) return null;
  return {
    limit,
    remaining: Math.min(remaining, limit),
    resetMs: Math.min(reset * 1000, LONGEST_LIMIT_MS),
  };
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
