import { SyncError } from '../domain/errors.ts';
import { NETWORK_CODES } from '../network-codes.ts';
import { HttpError } from './plugins/problems.ts';
import { NoAnswer } from './within.ts';

/** When it is worth asking again while something is away, in seconds. */
const RETRY_AFTER = 5;

/** SQLSTATEs of a Postgres that cannot work now: connection, credentials, resources, shutdown, time, a standby. */
const SQLSTATE_AWAY = /^(08...|28...|53...|57P0.|57014|3D000|25006)$/;
/** SQLSTATEs of a schema that lacks something. */
const SQLSTATE_BEHIND = /^(42P01|42703|42883|3F000)$/;
const POOL_MESSAGES = /timeout exceeded when trying to connect|connection terminated|after calling end/i;

/** gRPC: cancelled, deadline, permission, exhausted, unavailable, unauthenticated. */
const GRPC_AWAY = new Set([1, 4, 7, 8, 14, 16]);
/** Without a code: no server is there, or we are shutting down and an act has outlasted that. */
const CHANNEL_MESSAGES = /^(Failed to connect before the deadline|Channel has been shut down)/;

/** The problem that an error is when something that the service needs is away; undefined when it is none of that. */
export function describeOutage(error: unknown): HttpError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof SyncError) return ofKombo(error);
  if (error instanceof NoAnswer) {
    const message =
      'It did not end in time, and may still be done; GET /api/v1/audit tells. See also /readyz.';
    return new HttpError(503, 'timeout', message, { cause: error, retryAfter: RETRY_AFTER });
  }
  return ofPostgres(error) ?? ofTemporal(error);
}

function ofKombo(error: SyncError): HttpError {
  // What follows is a worker's remedy, which tries again by itself.
  const message = error.message.replace(/ It is tried again.*$/, '');
  if (error.errorClass !== 'Unavailable' && error.errorClass !== 'RateLimited') {
    return new HttpError(502, 'kombo_refused', message, { cause: error });
  }
  const { retryAfterMs } = error;
  const retryAfter = retryAfterMs === undefined ? RETRY_AFTER : Math.ceil(retryAfterMs / 1_000);
  return new HttpError(503, 'kombo_unavailable', `${message} Try again.`, { cause: error, retryAfter });
}

function ofPostgres(error: Error): HttpError | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isAway = NETWORK_CODES.has(code) || SQLSTATE_AWAY.test(code) || POOL_MESSAGES.test(error.message);
  if (isAway) return postgresAway(error);
  if (!SQLSTATE_BEHIND.test(code)) return undefined;
  const message = 'The database is not up to date; run kombo-sync migrate.';
  return new HttpError(503, 'database_unavailable', message, { cause: error });
}

function ofTemporal(error: Error): HttpError | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code: unknown = 'code' in cause ? cause.code : undefined;
    if (CHANNEL_MESSAGES.test(cause.message) || (typeof code === 'number' && GRPC_AWAY.has(code)))
      return temporalAway(error);
  }
  return undefined;
}

export function postgresAway(cause: unknown): HttpError {
  const message = 'Postgres did not answer; see /readyz.';
  return new HttpError(503, 'database_unavailable', message, { cause, retryAfter: RETRY_AFTER });
}

export function temporalAway(cause: unknown): HttpError {
  const message = 'Temporal did not answer in time; see /readyz.';
  return new HttpError(503, 'temporal_unavailable', message, { cause, retryAfter: RETRY_AFTER });
}
