import { setTimeout as delay } from 'node:timers/promises';
import { grpcAnswer, Refused } from '../outages/index.ts';
import { isAboutAttributes } from './search-attributes.ts';

/** Runs a call with search attributes, again if the server does not know them yet. */
export type Patience = <T>(act: () => Promise<T>) => Promise<T>;

/** Does not try again. */
export const impatient: Patience = (act) => act();

interface PatienceOptions {
  /** Called now and then with the reason for the wait. */
  note: (line: string) => void;
  signal?: AbortSignal | undefined;
  /** How long to try, from the first refusal (milliseconds). */
  boundMs?: number;
  everyMs?: number;
  noteEveryMs?: number;
}

const BOUND_MS = 60_000;
const EVERY_MS = 1_000;
const NOTE_EVERY_MS = 10_000;

/**
 * A server caches its list of search attributes for some seconds. Until then it refuses calls with one that was just
 * registered. This tries again for up to a minute, all calls together.
 */
export function createPatience(options: PatienceOptions): Patience {
  const { note, signal, boundMs = BOUND_MS, everyMs = EVERY_MS, noteEveryMs = NOTE_EVERY_MS } = options;
  let since: number | undefined;
  let notedAt = -Infinity;
  return async (act) => {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (!isAboutAttributes(error)) throw error;
        const now = performance.now();
        since ??= now;
        if (now - since > boundMs) throw givenUp(boundMs, error);
        if (now - notedAt > noteEveryMs) {
          notedAt = now;
          note('Temporal does not know the new search attributes yet. Trying again for up to a minute …');
        }
        await delay(everyMs, undefined, signal ? { signal } : {});
      }
    }
  };
}

function givenUp(boundMs: number, cause: unknown): Refused {
  const waited = `${Math.round(boundMs / 1_000)} s`;
  return new Refused(
    `the search attributes are registered, and it still refuses them after ${waited}: ${grpcAnswer(cause)?.details ?? ''}`,
    { cause },
  );
}
