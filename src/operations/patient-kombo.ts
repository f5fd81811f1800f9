import { setTimeout as delay } from 'node:timers/promises';
import { SyncError } from '../domain/errors.ts';
import type { KomboClient } from '../kombo/client.ts';

/** Pauses before another try when Kombo does not answer. A limit that is used up says itself how long it takes. */
const PAUSES_MS = [1_000, 4_000, 15_000];
const LIMIT_PAUSE_MS = 10_000;

/**
 * Looks integrations up without giving up at the first trouble, for many look-ups in a row: while a limit is used up all of
 * them wait, and where Kombo does not answer it is asked again. The signal ends the waiting, not what waits: that fails.
 */
export function patientLookUps(kombo: KomboClient, signal?: AbortSignal): KomboClient['getIntegration'] {
  let pausedUntil = 0;
  const pause = (ms: number) => delay(Math.max(0, ms), undefined, signal ? { signal } : {});
  return async (id) => {
    for (let tries = 0; ;) {
      if (pausedUntil > Date.now()) await pause(pausedUntil - Date.now());
      try {
        return await kombo.getIntegration(id);
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
