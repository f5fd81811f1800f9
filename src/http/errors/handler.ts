import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { OperationError, type Refusal } from '../../operations/errors.ts';
import { ChangesRemoved } from '../../store/feed.ts';
import { failureProblem } from './outages.ts';
import { HttpError, INTERNAL, sendError, type ProblemCode } from './problems.ts';

export { HttpError, sendError } from './problems.ts';

/** Codes for requests that Fastify itself refuses. */
const CODES: Record<number, ProblemCode> = {
  400: 'bad_request',
  404: 'not_found',
  413: 'too_large',
  414: 'too_long',
  415: 'unsupported_media_type',
};

const STATUSES: Record<Refusal, number> = {
  'not-found': 404,
  invalid: 400,
  'unknown-name': 422,
  conflict: 409,
  'no-worker': 503,
};

/** Answers every error as a problem of RFC 9457, without internal details. */
export const errors = fp(
  (app, _options, done) => {
    app.setErrorHandler<FastifyError>((error, request, reply) => {
      const problem = toProblem(error);
      if (problem.statusCode >= 500) {
        const expected = problem.code !== 'internal';
        request.log[expected ? 'warn' : 'error']({ err: problem.cause ?? error }, problem.message);
      }
      if (problem.retryAfter !== undefined) reply.header('retry-after', problem.retryAfter);
      return sendError(reply, problem.statusCode, problem.code, problem.message);
    });
    app.setNotFoundHandler((request: FastifyRequest, reply) =>
      sendError(reply, 404, 'not_found', `There is no ${request.method} at this address.`),
    );
    done();
  },
  { name: 'errors' },
);

/** For requests that the router refuses before there is a route, for example an address with a broken escape. */
export function sendFrameworkError(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 500;
  const message =
    status === 414 ? 'A part of the address is too long.' : 'The address is not valid; check its % escapes.';
  if (status < 500) void sendError(reply, status, CODES[status] ?? 'bad_request', message);
  else void sendError(reply, 500, 'internal', INTERNAL);
}

/** The problem that an error is. */
export function toProblem(error: FastifyError | Error): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof OperationError) {
    return new HttpError(STATUSES[error.refusal], error.code, error.message, { cause: error.cause });
  }
  if (error instanceof ChangesRemoved) {
    const remedy =
      'Read the data again, then continue with after=oldest. If you can do without what was removed, continue with it at once.';
    return new HttpError(410, 'changes_removed', `${error.message} ${remedy}`);
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.map((issue) => `${issue.instancePath || '/'} ${issue.message}`);
    return new HttpError(400, 'bad_request', problems.join('; '));
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status >= 400 && status < 500) {
    // Messages of others may quote what was sent.
    const message =
      'code' in error && error.code.startsWith('FST_') ? error.message : 'The request cannot be read.';
    return new HttpError(status, CODES[status] ?? 'bad_request', message);
  }
  return failureProblem(error);
}
