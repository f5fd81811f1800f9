import { setTimeout as delay } from 'node:timers/promises';
import { SyncError } from '../domain/errors.ts';
import type { KomboByHand } from './kombo-by-hand.ts';

/** Pauses before the next try if Kombo does not answer. A rate limit says itself how long to wait. */
const PAUSES_MS = [1_000, 4_000, 15_000];
const LIMIT_PAUSE_MS = 10_000;

/**
 * Looks up many integrations in a row without giving up at the first failure: under a rate limit, all look-ups wait; if
 * Kombo does not answer, the look-up is tried again. When the signal aborts, the look-ups that wait fail.
 */
export function patientLookUps(kombo: KomboByHand, signal?: AbortSignal): KomboByHand['getIntegration'] {
  let pausedUntil = 0;
  const pause = (ms: number) => delay(Math.max(0, ms), undefined, signal ? { signal } : {});
  return async (id) => {
    for (let tries = 0; ;) {
      if (pausedUntil > Date.now()) await pause(pausedUntil - Date.now());
      try {
        return await kombo.getIntegration(id, { bulk: true, signal });
      } catch (error) {
        if (!(error instanceof SyncError) || signal?.aborted) throw error;
        const pauseMs = error.errorClass === 'Unavailable' ? PAUSES_MS[tries] : undefined;
        if (error.errorClass === 'RateLimited') {
          pausedUntil = Math.max(pausedUntil, Date.now() + (error.retryAfterMs ?? LIMIT_PAUSE_MS));
        } else if (pauseMs === undefined) throw error;
        else {
          tries += 1;
          await pause(pauseMs);
        }
      }
    }
  };
}
