/** Why an act was refused, grouped by what the caller can do about it. */
export type Refusal =
  /** There is no such integration. */
  | 'not-found'
  /** The request itself is wrong. */
  | 'invalid'
  /** The request is well-formed, but names something that does not exist. */
  | 'unknown-name'
  /** Not possible in the integration's state. */
  | 'conflict'
  /** Temporal answers, but no worker runs. */
  | 'no-worker';

const REFUSALS = {
  not_found: 'not-found',
  bad_request: 'invalid',
  unknown_model: 'unknown-name',
  not_chosen: 'conflict',
  paused: 'conflict',
  removed: 'conflict',
  no_worker: 'no-worker',
} as const satisfies Record<string, Refusal>;

/** The refusal for programs. The API uses the same codes in its problems. */
export type OperationCode = keyof typeof REFUSALS;

/**
 * A refused act. The message says what to do. The command line and the API map it to their own exit codes and statuses.
 */
export class OperationError extends Error {
  override name = 'OperationError';
  readonly code: OperationCode;
  readonly refusal: Refusal;

  constructor(code: OperationCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.refusal = REFUSALS[code];
  }
}

export const notFound = (message: string) => new OperationError('not_found', message);
export const invalid = (message: string) => new OperationError('bad_request', message);
export const conflict = (code: 'paused' | 'removed' | 'not_chosen', message: string) =>
  new OperationError(code, message);
