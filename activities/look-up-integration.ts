import { limitMs, REQUEST_TIMEOUT_MS } from '../src/domain/retry.ts';
import { LOOK_UP, type Reason } from '../src/domain/reads.ts';
import { callingRun } from './support/calling-run.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { keepAlive } from './support/liveness.ts';
import { lookUp, settleTemporal } from './support/look-up.ts';
import { nextRetry } from './support/next-retry.ts';
import { noteFailedRead } from './support/note-failure.ts';

interface LookUpInput {
  integrationId: string;
  /** Tells this try from others. */
  syncId: string;
}

interface LookUpResult {
  /** Why Kombo could not be asked; null when it has answered. */
  failure: Reason | null;
  /** The answer has made something due. */
  owes: boolean;
  /** Milliseconds until Kombo's limit allows another question; missing when it is not used up. */
  waitMs?: number;
  /** Milliseconds until something that fails is tried again; null when no timer is to wait. */
  retryInMs: number | null;
}

/** Looks an integration up for as long as a slow answer takes. What is read meanwhile does not wait for it. */
export function createLookUpIntegration(deps: ActivityDeps) {
  return async function lookUpIntegration({ integrationId, syncId }: LookUpInput): Promise<LookUpResult> {
    return asFailures(async () => {
      using liveness = keepAlive();
      const looked = await lookUp(deps, {
        integrationId,
        named: false,
        timeoutMs: REQUEST_TIMEOUT_MS,
        signal: liveness.signal,
      });
      await settleTemporal(deps, integrationId, callingRun(syncId).workflowId);
      let failure: Reason | null = null;
      if (looked.state === 'unanswered') {
        const { error, askedSeq } = looked;
        const { code, message, errorClass } = error;
        if (errorClass === 'RateLimited') {
          // A limit is no failure: the look-up stays owed and goes on.
          return { failure: { code, message }, waitMs: limitMs(error), owes: false, retryInMs: null };
        }
        const failed = {
          integrationId,
          endpoint: LOOK_UP,
          kind: 'look-up' as const,
          tryId: syncId,
          error,
          askedSeq,
        };
        failure = (await noteFailedRead(deps, failed)).reason;
      }
      const owes =
        looked.state === 'parked' || looked.state === 'gone' || (looked.state === 'there' && looked.missed);
      return { failure, owes, retryInMs: await nextRetry(deps, integrationId) };
    });
  };
}
