import { activityInfo, ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { ApplicationFailureCategory, type ApplicationFailureOptions } from '@temporalio/common';
import { POLICIES, SyncError, type ErrorClass } from '../../src/domain/errors.ts';
import { outageOf, type Outage, type PostgresOutage, type TemporalOutage } from '../../src/outages/index.ts';

/** An error that is not about the database is a bug. A few tries distinguish it from bad luck. */
const TRIES_OF_BUGS = 3;

/**
 * Runs an activity's body and converts its errors for Temporal. An error from Kombo is a result, not a failure. The
 * other failures are outages of the database, which Temporal retries, and bugs, which end the activity. Messages of
 * database errors are replaced, because Postgres quotes values in them (invariant I17). No database error is final:
 * even a missing table may appear, for example while a backup is restored or an upgrade is rolled out.
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
  if (error instanceof SyncError) return fail(error.errorClass, error.message, error.code);
  const outage = infrastructureOutage(error);
  if (outage) {
    const errorClass = outage.part === 'postgres' ? 'DatabaseUnavailable' : 'TemporalUnavailable';
    return failureOf(errorClass, `${sayOutage(outage)} ${POLICIES[errorClass].remedy}`, outage.code);
  }
  const name = error instanceof Error ? error.name : 'Error';
  const message = error instanceof Error ? error.message : 'Unknown error';
  if (activityInfo().attempt >= TRIES_OF_BUGS) return fail('Internal', message, name);
  return failureOf('Internal', message, name);
}

/** Most refusals by Kombo are not final: with another key, for example, Kombo may accept the request. */
function fail(errorClass: ErrorClass, message: string, code: string): ApplicationFailure {
  const { passing, final } = POLICIES[errorClass];
  return failureOf(errorClass, message, code, {
    nonRetryable: final,
    ...(passing ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}

/** The type of a failure is always one of our classes, because Temporal's UI shows it and filters by it. */
function failureOf(
  type: ErrorClass,
  message: string,
  code: string,
  options: Pick<ApplicationFailureOptions, 'nonRetryable' | 'category'> = {},
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, details: [{ code }], ...options });
}

/** The outage of Postgres or Temporal; undefined if the error is a bug or comes from Kombo. */
export function infrastructureOutage(error: unknown): PostgresOutage | TemporalOutage | undefined {
  if (error instanceof SyncError) return undefined;
  const outage = outageOf(error);
  return outage?.part === 'kombo' ? undefined : outage;
}

/** Names the address, which you need, but leaves out Postgres' own message, which quotes values. */
export function sayOutage({ brief, code }: Outage): string {
  return code === '' ? `${brief}.` : `${brief} (${code}).`;
}
