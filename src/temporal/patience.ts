import { setTimeout as delay } from 'node:timers/promises';
import { grpcAnswer, Refused } from '../outages/index.ts';
import { isAboutAttributes } from './search-attributes.ts';

/** Does something that carries search attributes, in spite of a server that has not heard of them yet. */
export type Patience = <T>(act: () => Promise<T>) => Promise<T>;

/** What is refused now is not tried again. */
export const impatient: Patience = (act) => act();

interface PatienceOptions {
  /** Told now and then why it takes so long. */
  note: (line: string) => void;
  signal?: AbortSignal | undefined;
  /** How long the server may take, from the first refusal on (milliseconds). */
  boundMs?: number;
  everyMs?: number;
  noteEveryMs?: number;
}

const BOUND_MS = 60_000;
const EVERY_MS = 1_000;
const NOTE_EVERY_MS = 10_000;

/**
 * A server keeps its list of search attributes for some seconds, so for as long it refuses what carries one that was just
 * registered. This tries again for up to a minute, for all that it is used for together.
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
