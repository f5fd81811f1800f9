/** Why an act was refused, by what the caller can do about it. */
export type Refusal =
  /** There is no such integration. */
  | 'not-found'
  /** The request itself is wrong. */
  | 'invalid'
  /** It is well-formed, and names what does not exist. */
  | 'unknown-name'
  /** Not in the state that the integration is in. */
  | 'conflict'
  /** Temporal is there, and no worker is. */
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

/** The same for programs; the codes are those of the API's problems. */
export type OperationCode = keyof typeof REFUSALS;

/** An act that was not done. The message says the remedy; the command line and the API turn it into their own terms. */
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
