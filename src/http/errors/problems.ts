import type { FastifyReply } from 'fastify';

/** The codes of all problems, with their titles, which never vary. */
export const PROBLEMS = {
  bad_request: 'The request is not valid',
  unauthorized: 'The admin token is missing or wrong',
  closed: 'The admin API is closed',
  read_only: 'The token only reads',
  not_found: 'Not found',
  no_worker: 'No worker answers',
  removed: 'The integration is removed',
  paused: 'The integration is paused',
  not_chosen: 'What is asked for is not chosen to be read',
  unknown_model: 'A name picks no model or table',
  changes_removed: 'The change feed does not have this position',
  too_many_requests: 'Too many requests',
  idempotency_key_reused: 'The idempotency key was used for another request',
  idempotency_key_in_use: 'The first request with this idempotency key still runs',
  database_unavailable: 'Postgres is away',
  temporal_unavailable: 'Temporal is away',
  kombo_unavailable: 'Kombo is away',
  kombo_refused: 'Kombo refuses the request',
  no_kombo_key: 'There is no API key for Kombo',
  timeout: 'It takes too long',
  overloaded: 'The service has too much to do',
  internal: 'Something went wrong here',
  bad_signature: 'The signature does not match',
  malformed: 'The delivery is malformed',
  too_large: 'The body is too large',
  too_long: 'The address is too long',
  unsupported_media_type: 'The body is of a type that is not read here',
  not_accepted: 'The delivery was not accepted',
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** The answer to a bug of ours. */
export const INTERNAL = 'Something went wrong here; the log says what.';

/** An unsuccessful answer, with a message for the caller. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly statusCode: number;
  readonly code: ProblemCode;
  /** After how many seconds to try again, if known. */
  readonly retryAfter: number | undefined;

  constructor(
    statusCode: number,
    code: ProblemCode,
    message: string,
    options: ErrorOptions & { retryAfter?: number | undefined } = {},
  ) {
    super(message, options);
    this.statusCode = statusCode;
    this.code = code;
    this.retryAfter = options.retryAfter;
  }
}

/** Answers with a problem: https://www.rfc-editor.org/rfc/rfc9457 */
export function sendError(
  reply: FastifyReply,
  status: number,
  code: ProblemCode,
  message: string,
): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:kombo-sync:problem:${code}`,
        title: PROBLEMS[code],
        status,
        detail: message,
        code,
        instance: `urn:uuid:${reply.request.id}`,
      }),
    );
}
