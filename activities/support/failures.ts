import { activityInfo, ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { POLICIES, SyncError, type ErrorClass } from '../../src/domain/errors.ts';

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
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) {
    return ApplicationFailure.create({
      type: 'DatabaseUnavailable',
      message: `Postgres answered with SQLSTATE ${sqlState}; it is tried again.`,
    });
  }
  if (isOutage(error)) {
    return ApplicationFailure.create({ type: 'DatabaseUnavailable', message: describe(error) });
  }
  const name = error instanceof Error ? error.name : 'Error';
  if (activityInfo().attempt >= TRIES_OF_BUGS) return fail('Internal', describe(error), name);
  return ApplicationFailure.create({ type: 'Internal', message: describe(error), details: [{ code: name }] });
}

/** What Kombo refuses today, as with a wrong key, it may grant tomorrow. */
function fail(errorClass: ErrorClass, message: string, code: string): ApplicationFailure {
  const isFinal = errorClass === 'IntegrationGone' || errorClass === 'Internal';
  const isExpected = POLICIES[errorClass].passing;
  return ApplicationFailure.create({
    type: errorClass,
    message,
    details: [{ code }],
    nonRetryable: isFinal,
    ...(isExpected ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}

/** Whether it is Postgres, Temporal or the network that did not answer, and not this program that is wrong. */
export function isInfrastructure(error: unknown): boolean {
  return sqlStateOf(error) !== undefined || isOutage(error);
}

function sqlStateOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && severity !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Errors of sockets have a code of Node's; those of the pool, of gRPC and of a connection that ended have only words. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'number' || (typeof code === 'string' && /^E[A-Z_]+$/.test(code))) return true;
  return /connect|connection|timeout|terminated|gRPC/i.test(error.message) && !(error instanceof TypeError);
}

/** Messages of connection errors name addresses, which is what an operator needs; records never reach them. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown error';
  const { code } = error as { code?: string | number };
  return code === undefined || error.message.includes(String(code))
    ? error.message
    : `${error.message} (${code})`;
}
