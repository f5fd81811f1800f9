import type { FastifyReply } from 'fastify';

/** The statuses that Kombo documents; for the other codes, the nearest that fits. */
const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map(
  Object.entries({
    'PLATFORM.AUTHENTICATION_INVALID': 401,
    'PLATFORM.IP_NOT_WHITELISTED': 403,
    'PLATFORM.INPUT_INVALID': 400,
    'PLATFORM.INTEGRATION_NOT_FOUND': 404,
    'PLATFORM.RATE_LIMIT_EXCEEDED': 429,
    'PLATFORM.CONCURRENCY_LIMIT_EXCEEDED': 429,
    'PLATFORM.UNKNOWN_ERROR': 500,
    'PLATFORM.TASK_TIMED_OUT': 504,
    'INTEGRATION.SETUP_INCOMPLETE': 409,
    'INTEGRATION.SETUP_SYNC_PENDING': 409,
    'INTEGRATION.QA_FAILED': 409,
    'INTEGRATION.INACTIVE': 409,
    'INTEGRATION.AUTHENTICATION_INVALID': 409,
    'INTEGRATION.PERMISSION_MISSING': 403,
    'INTEGRATION.MODEL_NOT_AVAILABLE': 403,
    'INTEGRATION.MODEL_DISABLED': 403,
    'REMOTE.RATE_LIMIT_EXCEEDED': 429,
    'REMOTE.SERVICE_UNAVAILABLE': 503,
  }),
);

export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.code = code;
    this.status = status ?? STATUS_BY_CODE.get(code) ?? 500;
  }
}

export function invalidInput(message: string): ApiError {
  return new ApiError('PLATFORM.INPUT_INVALID', message);
}

export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  return reply.code(error.status).send({
    status: 'error',
    error: { code: error.code, title: null, message: error.message, log_url: null },
  });
}
