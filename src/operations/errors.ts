/** Why an act was refused, by what the caller can do about it. */
export type Refusal =
  /** There is no such integration. */
  | 'not-found'
  /** The request itself is wrong. */
  | 'invalid'
  /** Not in the state that the integration is in. */
  | 'conflict'
  /** Temporal is there, and no worker is. */
  | 'no-worker';

/** An act that was not done. The message says the remedy; the command line and the API turn it into their own terms. */
export class OperationError extends Error {
  override name = 'OperationError';
  readonly refusal: Refusal;
  readonly code: string;

  constructor(refusal: Refusal, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
    this.code = code;
  }
}

export const notFound = (message: string) => new OperationError('not-found', 'not_found', message);
export const invalid = (message: string) => new OperationError('invalid', 'invalid', message);
export const conflict = (code: string, message: string) => new OperationError('conflict', code, message);
