/**
 * Errors by what to do about them, not by their cause. You see the names in the status, in logs and in Temporal's UI.
 * Kombo's codes, and which requests can be repeated: https://docs.kombo.dev/guides/errors
 */
export const ERROR_CLASSES = [
  'Unavailable',
  'RateLimited',
  'IntegrationParked',
  'EndpointDisabled',
  'IntegrationGone',
  'AccessDenied',
  'RequestRejected',
  'CursorRefused',
  'CursorRepeated',
  'AnswerTooLarge',
  'PassLost',
  'TableLocked',
  'WorkerLost',
  'Cancelled',
  'DatabaseUnavailable',
  'TemporalUnavailable',
  'Internal',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

const MINUTE_MS = 60_000;

/** What follows from an error. Every class must state all of it, so that a new class is complete. */
interface Policy {
  /** What a worker does about it, and what you should do. */
  remedy: string;
  /** The same for a command that you run: no worker tries that again. */
  remedyByHand?: string;
  /** It may pass within seconds, so it is tried a few times before it counts as a failure. */
  passing: boolean;
  /** Nothing has failed: the read continues after a while, and no try is used up. */
  harmless: boolean;
  /** Temporal does not try the activity again after it. */
  final: boolean;
  /** It concerns the whole integration, so a look-up (`GET /integrations/{id}`) must confirm it. */
  looksUp: boolean;
  /** It follows from the integration's state or the customer's grants. If these change, the read is tried again. */
  followsState: boolean;
  /** Trying again should not help until you have done something. It is still tried, in case it does. */
  needsAttention: boolean;
  /** The pass can be resumed at its cursor. */
  resumable: boolean;
  /** It is due as soon as Kombo answers another read that failed in the same way. */
  healsTogether: boolean;
  /** The longest pause between two tries (milliseconds), if it is shorter than RETRY_MAX_INTERVAL. */
  longestPauseMs?: number;
}

const LASTING = {
  passing: false,
  harmless: false,
  final: false,
  looksUp: false,
  followsState: false,
  needsAttention: false,
  resumable: true,
  healsTogether: false,
};
const PASSING = { ...LASTING, passing: true, healsTogether: true };

export const POLICIES: Record<ErrorClass, Policy> = {
  Unavailable: {
    ...PASSING,
    remedy: 'It is tried again.',
    remedyByHand: 'Check KOMBO_API_URL and the network. Try again when Kombo answers.',
  },
  RateLimited: {
    ...PASSING,
    harmless: true,
    remedy: 'It is tried again when the limit allows.',
    remedyByHand: 'Try again when the limit allows.',
  },
  IntegrationParked: {
    ...LASTING,
    looksUp: true,
    followsState: true,
    remedy:
      'The integration cannot be read now; look at it in the Kombo dashboard. The next webhook tries again.',
  },
  EndpointDisabled: {
    ...LASTING,
    followsState: true,
    resumable: false,
    remedy:
      'The tool does not offer this endpoint, or its scope is off. The next webhook that names it tries again, or the next day.',
  },
  IntegrationGone: {
    ...LASTING,
    final: true,
    looksUp: true,
    followsState: true,
    remedy: 'The integration is looked up; if Kombo does not know it any more, it is removed.',
  },
  AccessDenied: {
    ...LASTING,
    // When the key is right again, everything is behind. That should not last for hours.
    longestPauseMs: 60 * MINUTE_MS,
    healsTogether: true,
    remedy: 'Check KOMBO_API_KEY, KOMBO_API_URL (region) and the IP allow-list in the Kombo dashboard.',
  },
  RequestRejected: {
    ...LASTING,
    needsAttention: true,
    resumable: false,
    remedy: 'Kombo does not accept the request; this is a bug in kombo-sync, please report it.',
  },
  CursorRefused: { ...LASTING, remedy: 'The pass starts again with the same window.' },
  CursorRepeated: {
    ...LASTING,
    resumable: false,
    remedy: 'The pass would never end; the next sync starts a new one.',
  },
  AnswerTooLarge: {
    ...LASTING,
    needsAttention: true,
    remedy:
      'Raise KOMBO_MAX_ANSWER, and give the workers more memory, or switch large fields off in the Kombo dashboard.',
  },
  PassLost: {
    ...PASSING,
    harmless: true,
    healsTogether: false,
    remedy: 'The other attempt continues the pass.',
  },
  TableLocked: {
    ...PASSING,
    remedy: 'pg_locks shows which. It is tried again.',
    remedyByHand: 'pg_locks shows which. Try again when the lock is gone.',
  },
  WorkerLost: { ...PASSING, remedy: 'It is tried again.' },
  Cancelled: { ...LASTING, remedy: 'The next sync reads it.' },
  // These two only end an attempt of an activity. Temporal repeats the activity until it works.
  DatabaseUnavailable: { ...LASTING, remedy: 'It is tried again until Postgres answers.' },
  TemporalUnavailable: { ...LASTING, remedy: 'It is tried again until Temporal answers.' },
  Internal: {
    ...LASTING,
    final: true,
    needsAttention: true,
    remedy: 'This is a bug in kombo-sync, please report it. It is tried again.',
  },
};

/** The classes whose policy meets a condition. */
export function classesThat(hold: (policy: Policy) => boolean): ErrorClass[] {
  return ERROR_CLASSES.filter((errorClass) => hold(POLICIES[errorClass]));
}

/** A Map, since text from outside is looked up in it, and an object has a prototype. */
const CLASS_BY_CODE: ReadonlyMap<string, ErrorClass> = new Map([
  ['PLATFORM.RATE_LIMIT_EXCEEDED', 'RateLimited'],
  ['REMOTE.RATE_LIMIT_EXCEEDED', 'RateLimited'],
  ['PLATFORM.CONCURRENCY_LIMIT_EXCEEDED', 'RateLimited'],
  ['REMOTE.SERVICE_UNAVAILABLE', 'Unavailable'],
  ['REMOTE.UNKNOWN_HTTP_ERROR', 'Unavailable'],
  ['PLATFORM.TASK_TIMED_OUT', 'Unavailable'],
  ['PLATFORM.UNKNOWN_ERROR', 'Unavailable'],
  ['INTEGRATION.SETUP_SYNC_PENDING', 'IntegrationParked'],
  ['INTEGRATION.SETUP_INCOMPLETE', 'IntegrationParked'],
  ['INTEGRATION.QA_FAILED', 'IntegrationParked'],
  ['INTEGRATION.INACTIVE', 'IntegrationParked'],
  ['INTEGRATION.AUTHENTICATION_INVALID', 'IntegrationParked'],
  ['INTEGRATION.MODEL_NOT_AVAILABLE', 'EndpointDisabled'],
  ['INTEGRATION.MODEL_DISABLED', 'EndpointDisabled'],
  ['INTEGRATION.PERMISSION_MISSING', 'EndpointDisabled'],
  ['INTEGRATION.ACTION_NOT_AVAILABLE', 'EndpointDisabled'],
  ['INTEGRATION.ACTION_DISABLED', 'EndpointDisabled'],
  ['PLATFORM.INTEGRATION_NOT_FOUND', 'IntegrationGone'],
  ['PLATFORM.AUTHENTICATION_INVALID', 'AccessDenied'],
  ['PLATFORM.IP_NOT_WHITELISTED', 'AccessDenied'],
  ['PLATFORM.INPUT_INVALID', 'RequestRejected'],
  ['REMOTE.INPUT_INVALID', 'RequestRejected'],
]);

/**
 * The class of an answer. Kombo says to branch on the code. The HTTP status counts only without a known code, for
 * example for the plain page of a load balancer.
 */
export function classifyAnswer(code: string | null, httpStatus: number): ErrorClass {
  const known = code === null ? undefined : CLASS_BY_CODE.get(code);
  if (known) return known;
  if (httpStatus === 429) return 'RateLimited';
  if (httpStatus >= 500 || httpStatus === 408) return 'Unavailable';
  if (httpStatus === 401) return 'AccessDenied';
  return 'RequestRejected';
}

/** Kombo's answer to a parameter that it does not take, and to a cursor that is no longer valid. */
export const INPUT_INVALID = 'PLATFORM.INPUT_INVALID';

export const isKnownCode = (code: string) => CLASS_BY_CODE.has(code);

/** The codes under which failures of a class are stored. */
export function codesOf(errorClass: ErrorClass): string[] {
  const codes = [...CLASS_BY_CODE].filter(([, value]) => value === errorClass);
  return [errorClass, ...codes.map(([code]) => code)];
}

/**
 * A failure with its class. What happened and what to do are separate fields, so that each caller can choose; the
 * message has both, for logs and for Temporal's UI. None of them ever holds a record, a key or a secret.
 */
export class SyncError extends Error {
  override name = 'SyncError';
  readonly errorClass: ErrorClass;
  /** One sentence. */
  readonly what: string;
  readonly remedy: string;
  /** The remedy for a command that you run. */
  readonly remedyByHand: string;
  readonly code: string;
  /** Milliseconds until a new try makes sense, if the server said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    errorClass: ErrorClass,
    what: string,
    options: {
      code?: string | null;
      retryAfterMs?: number | undefined;
      cause?: unknown;
      /** If the remedy of the class does not fit. */
      remedy?: string;
    } = {},
  ) {
    const policy = POLICIES[errorClass];
    const remedy = options.remedy ?? policy.remedy;
    super(`${what} ${remedy}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.errorClass = errorClass;
    this.what = what;
    this.remedy = remedy;
    this.remedyByHand = options.remedy ?? policy.remedyByHand ?? remedy;
    this.code = options.code ?? errorClass;
    this.retryAfterMs = options.retryAfterMs;
  }
}
