import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** An answer other than success, with a message for whoever called. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.statusCode = statusCode;
    this.code = code;
  }
}

/** Codes for what Fastify itself refuses. */
const CODES: Record<number, string> = {
  400: 'bad_request',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'timeout',
  413: 'too_large',
  415: 'unsupported_media_type',
};

/** Every error leaves as `{ error: { code, message } }`, and nothing from inside leaves with it. */
export const errors = fp(
  (app, _options, done) => {
    app.setErrorHandler<FastifyError>((error, request, reply) => {
      if (error instanceof HttpError) {
        if (error.statusCode >= 500) request.log.warn({ err: error.cause }, error.message);
        return sendError(reply, error.statusCode, error.code, error.message);
      }
      if (hasZodFastifySchemaValidationErrors(error)) {
        const problems = error.validation.map((issue) => `${issue.instancePath || '/'} ${issue.message}`);
        return sendError(reply, 400, 'bad_request', problems.join('; '));
      }
      const status = error.statusCode ?? 500;
      if (status < 500) return sendError(reply, status, CODES[status] ?? 'bad_request', error.message);
      request.log.error({ err: error }, 'A request failed');
      return sendError(reply, 500, 'internal', 'Something went wrong here; the log says what.');
    });
    app.setNotFoundHandler((request: FastifyRequest, reply) =>
      sendError(reply, 404, 'not_found', `There is no ${request.method} at this address.`),
    );
    done();
  },
  { name: 'errors' },
);

export function sendError(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply
    .code(status)
    .type('application/json')
    .send(JSON.stringify({ error: { code, message } }));
}
