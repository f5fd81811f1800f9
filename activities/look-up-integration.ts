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
  /** Distinguishes this try from others. */
  syncId: string;
}

interface LookUpResult {
  /** Why the look-up failed; null if Kombo answered. */
  failure: Reason | null;
  /** Whether the answer has made a read due. */
  owes: boolean;
  /** Milliseconds until Kombo's rate limit allows another request; missing if it is not used up. */
  waitMs?: number;
  /** Milliseconds until a failed read is tried again; null if no timer is needed. */
  retryInMs: number | null;
}

/** Looks an integration up, with enough time for a slow answer. Reads do not wait for it. */
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
          // A rate limit is not a failure: the look-up stays owed and is tried again.
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
