import { activityInfo, ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { ApplicationFailureCategory, type ApplicationFailureOptions } from '@temporalio/common';
import { POLICIES, SyncError, type ErrorClass } from '../../src/domain/errors.ts';
import { outageOf, type Outage, type PostgresOutage, type TemporalOutage } from '../../src/outages/index.ts';

/** An error that says nothing of the database is a bug; a few tries tell it from bad luck. */
const TRIES_OF_BUGS = 3;

/**
 * Runs an activity's body and turns what it throws into Temporal's terms. What Kombo answers is no failure of an activity but
 * its result; so what is left is the database, which is waited for, and bugs, which end the activity. Messages of database
 * errors are replaced, since Postgres quotes values in them (invariant I17); none of them is final, since even a table that is
 * missing may be on its way, as while a backup is restored or an upgrade is rolled out.
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

/** What Kombo refuses today, as with a wrong key, it may grant tomorrow. */
function fail(errorClass: ErrorClass, message: string, code: string): ApplicationFailure {
  const { passing, final } = POLICIES[errorClass];
  return failureOf(errorClass, message, code, {
    nonRetryable: final,
    ...(passing ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}

/** The type of a failure is always one of our classes, since Temporal's UI and its filters show it. */
function failureOf(
  type: ErrorClass,
  message: string,
  code: string,
  options: Pick<ApplicationFailureOptions, 'nonRetryable' | 'category'> = {},
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, details: [{ code }], ...options });
}

/** That Postgres or Temporal did not answer; undefined when this program is wrong, or Kombo has said something. */
export function infrastructureOutage(error: unknown): PostgresOutage | TemporalOutage | undefined {
  if (error instanceof SyncError) return undefined;
  const outage = outageOf(error);
  return outage?.part === 'kombo' ? undefined : outage;
}

/** Without the words of Postgres, which quotes values; addresses are what an operator needs. */
export function sayOutage({ brief, code }: Outage): string {
  return code === '' ? `${brief}.` : `${brief} (${code}).`;
}
