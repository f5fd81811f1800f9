/**
 * Errors by what to do about them, not by what caused them. The names are the failure types that Temporal's UI shows.
 * Kombo's codes and which of them may be repeated: https://docs.kombo.dev/guides/errors
 */
export type ErrorClass =
  /** Passes by itself: try again with growing pauses. */
  | 'Unavailable'
  /** Try again at the time that Kombo named. */
  | 'RateLimited'
  /** The integration cannot be read until somebody or something at Kombo changes it; a webhook will tell. */
  | 'IntegrationParked'
  /** The tool does not offer this endpoint; look again in a day. */
  | 'EndpointDisabled'
  /** Kombo no longer knows the integration. */
  | 'IntegrationGone'
  /** Kombo refuses us altogether: nothing works until a person changes the key or the allow-list. */
  | 'AccessDenied'
  /** Kombo refuses the request itself: a bug on our side. */
  | 'RequestRejected'
  /** Kombo does not know the cursor (any more): the pass starts again with the same window. */
  | 'CursorRefused'
  /** Kombo gave out a cursor again that this pass has already followed. */
  | 'CursorRepeated'
  /** Another attempt owns the pass by now. */
  | 'PassLost';

const CLASS_BY_CODE: Record<string, ErrorClass> = {
  'PLATFORM.RATE_LIMIT_EXCEEDED': 'RateLimited',
  'REMOTE.RATE_LIMIT_EXCEEDED': 'RateLimited',
  'PLATFORM.CONCURRENCY_LIMIT_EXCEEDED': 'RateLimited',
  'REMOTE.SERVICE_UNAVAILABLE': 'Unavailable',
  'REMOTE.UNKNOWN_HTTP_ERROR': 'Unavailable',
  'PLATFORM.TASK_TIMED_OUT': 'Unavailable',
  'PLATFORM.UNKNOWN_ERROR': 'Unavailable',
  'INTEGRATION.SETUP_SYNC_PENDING': 'IntegrationParked',
  'INTEGRATION.SETUP_INCOMPLETE': 'IntegrationParked',
  'INTEGRATION.QA_FAILED': 'IntegrationParked',
  'INTEGRATION.INACTIVE': 'IntegrationParked',
  'INTEGRATION.AUTHENTICATION_INVALID': 'IntegrationParked',
  'INTEGRATION.MODEL_NOT_AVAILABLE': 'EndpointDisabled',
  'INTEGRATION.MODEL_DISABLED': 'EndpointDisabled',
  'INTEGRATION.PERMISSION_MISSING': 'EndpointDisabled',
  'INTEGRATION.ACTION_NOT_AVAILABLE': 'EndpointDisabled',
  'INTEGRATION.ACTION_DISABLED': 'EndpointDisabled',
  'PLATFORM.INTEGRATION_NOT_FOUND': 'IntegrationGone',
  'PLATFORM.AUTHENTICATION_INVALID': 'AccessDenied',
  'PLATFORM.IP_NOT_WHITELISTED': 'AccessDenied',
  'PLATFORM.INPUT_INVALID': 'RequestRejected',
  'REMOTE.INPUT_INVALID': 'RequestRejected',
};

/**
 * The class of an answer. Kombo says to branch on the code; the HTTP status counts only when there is none, as with the
 * plain pages of a load balancer.
 */
export function classifyAnswer(code: string | null, httpStatus: number): ErrorClass {
  const known = code === null ? undefined : CLASS_BY_CODE[code];
  if (known) return known;
  if (httpStatus === 429) return 'RateLimited';
  if (httpStatus >= 500 || httpStatus === 408) return 'Unavailable';
  if (httpStatus === 401) return 'AccessDenied';
  return 'RequestRejected';
}

/** The codes under which failures of a class are written down. */
export function codesOf(errorClass: ErrorClass): string[] {
  const codes = Object.entries(CLASS_BY_CODE).filter(([, value]) => value === errorClass);
  return [errorClass, ...codes.map(([code]) => code)];
}

const REMEDIES: Record<ErrorClass, string> = {
  Unavailable: 'It is tried again.',
  RateLimited: 'It is tried again when the limit allows.',
  IntegrationParked:
    'The integration cannot be read now; look at it in the Kombo dashboard. The next webhook tries again.',
  EndpointDisabled:
    'The tool does not offer this endpoint or its scope is off; it is looked at again in a day.',
  IntegrationGone: 'Kombo does not know the integration; it counts as removed.',
  AccessDenied: 'Check KOMBO_API_KEY, KOMBO_API_URL (EU or US) and the IP allow-list in the Kombo dashboard.',
  RequestRejected: 'Kombo does not accept the request; this is a bug in kombo-sync, please report it.',
  CursorRefused: 'The pass starts again with the same window.',
  CursorRepeated: 'The pass would never end; the next sync starts a new one.',
  PassLost: 'Another attempt of the same pass goes on.',
};

/** What an operator should know or do, in one sentence. */
export function remedy(errorClass: ErrorClass): string {
  return REMEDIES[errorClass];
}

/** Classes after which trying the same thing again at once cannot help. */
export function isFinal(errorClass: ErrorClass): boolean {
  return !['Unavailable', 'RateLimited', 'PassLost'].includes(errorClass);
}

/** Classes that hold for the whole integration: its other endpoints would fail in the same way. */
export function isForWholeIntegration(type: string | undefined): boolean {
  return ['IntegrationParked', 'IntegrationGone', 'AccessDenied'].includes(type ?? '');
}

/** Failure types after which only a person can help: not worth a timer. */
export function needsPerson(type: string): boolean {
  return type === 'RequestRejected';
}

/** A failure with its class; the message never holds a record, a key or a secret. */
export class SyncError extends Error {
  override name = 'SyncError';
  readonly errorClass: ErrorClass;
  readonly code: string;
  /** Milliseconds until a new try makes sense, when the other side said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    errorClass: ErrorClass,
    message: string,
    options: { code?: string | null; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errorClass = errorClass;
    this.code = options.code ?? errorClass;
    this.retryAfterMs = options.retryAfterMs;
  }
}
