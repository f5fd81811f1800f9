import { activityInfo, ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { isFinal, SyncError } from '../src/domain/errors.ts';

/** Kombo says of this one only that something went wrong: worth a few tries, not hours of them. */
const FEW_TRIES = new Set(['PLATFORM.UNKNOWN_ERROR', 'REMOTE.UNKNOWN_HTTP_ERROR']);
const TRIES = 5;

/**
 * Runs an activity's body and turns what it throws into Temporal's terms: the failure type is the error class, waiting is
 * left to the retry policy or to the time that Kombo named. Messages of database errors are replaced, since Postgres
 * quotes values in them (invariant I17); none of them is final, since even a table that is missing may be on its way, as
 * while a backup is restored or an upgrade is rolled out.
 */
export async function asFailures<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw toFailure(error);
  }
}

function toFailure(error: unknown): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof SyncError) return fromSyncError(error);
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) {
    return ApplicationFailure.create({
      type: 'DatabaseUnavailable',
      message: `Postgres answered with SQLSTATE ${sqlState}; it is tried again.`,
    });
  }
  return ApplicationFailure.create({
    type: error instanceof Error ? error.name : 'Error',
    message: describe(error),
  });
}

function fromSyncError(error: SyncError): ApplicationFailure {
  const givenUp = FEW_TRIES.has(error.code) && activityInfo().attempt >= TRIES;
  const nonRetryable = isFinal(error.errorClass) || givenUp;
  return ApplicationFailure.create({
    type: error.errorClass,
    message: error.message,
    details: [{ code: error.code }],
    nonRetryable,
    ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    ...(nonRetryable ? {} : { category: ApplicationFailureCategory.BENIGN }),
  });
}

function sqlStateOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && severity !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Messages of connection errors name addresses, which is what an operator needs; records never reach them. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown error';
  const { code } = error as { code?: string };
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}
