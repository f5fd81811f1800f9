import { ConfigError } from '../../config-error.ts';
import { OperationError, type OperationCode, type Refusal } from '../../operations/errors.ts';
import { explain, outageOf, type OutageKind } from '../../outages/index.ts';
import { ChangesRemoved } from '../../store/feed.ts';

/** Exit codes. Scripts depend on them. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, notFound: 3, unreachable: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The kind of failure, for scripts. */
type FailureCode =
  | 'failed'
  | 'wrong_use'
  | 'unreachable'
  | 'settings'
  | 'not_migrated'
  | 'changes_removed'
  | 'interrupted'
  | Exclude<OperationCode, (typeof WRONG_USE)[number]>;

/** A failed command: `code` is for scripts; `message` is for you and says what to do. */
export interface Failure {
  code: FailureCode;
  message: string;
  exitCode: ExitCode;
}

/** A failure that a command foresees. */
export class CliError extends Error implements Failure {
  override name = 'CliError';
  readonly code: FailureCode;
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
    this.code = code;
  }
}

/** The end of a command that has said all, with another exit code than 0. */
export class Ended extends Error {
  override name = 'Ended';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`The command ends with exit code ${exitCode}.`);
    this.exitCode = exitCode;
  }
}

export const wrongUse = (message: string) => new CliError(EXIT.wrongUse, 'wrong_use', message);
export const notFound = (message: string) => new CliError(EXIT.notFound, 'not_found', message);
export const failed = (message: string) => new CliError(EXIT.failed, 'failed', message);
export const unreachable = (message: string, cause?: unknown) =>
  new CliError(EXIT.unreachable, 'unreachable', message, { cause });

const EXIT_BY_REFUSAL: Record<Refusal, ExitCode> = {
  'not-found': EXIT.notFound,
  invalid: EXIT.wrongUse,
  'unknown-name': EXIT.wrongUse,
  conflict: EXIT.failed,
  'no-worker': EXIT.unreachable,
};

/** Codes that the API distinguishes and that the command line reports as wrong use. */
const WRONG_USE = ['bad_request', 'unknown_model'] as const satisfies OperationCode[];

const isWrongUse = (code: OperationCode): code is (typeof WRONG_USE)[number] =>
  (WRONG_USE as readonly OperationCode[]).includes(code);

type Ending = Pick<Failure, 'code' | 'exitCode'>;

const UNREACHABLE: Ending = { code: 'unreachable', exitCode: EXIT.unreachable };
const FAILED: Ending = { code: 'failed', exitCode: EXIT.failed };

const ENDING_BY_OUTAGE: Record<OutageKind, Ending> = {
  away: UNREACHABLE,
  late: UNREACHABLE,
  busy: UNREACHABLE,
  'refused-credentials': UNREACHABLE,
  denied: UNREACHABLE,
  untrusted: UNREACHABLE,
  'no-database': UNREACHABLE,
  'read-only': UNREACHABLE,
  'no-namespace': { code: 'settings', exitCode: EXIT.failed },
  'behind-schema': { code: 'not_migrated', exitCode: EXIT.failed },
  rejected: FAILED,
  failed: FAILED,
};

/** Turns what a command threw into a message and an exit code. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError) return error;
  if (error instanceof OperationError) {
    const { code: said } = error;
    const code = isWrongUse(said) ? 'wrong_use' : said;
    return { code, message: error.message, exitCode: EXIT_BY_REFUSAL[error.refusal] };
  }
  if (error instanceof ConfigError) {
    return { code: 'settings', message: error.message, exitCode: EXIT.failed };
  }
  if (error instanceof ChangesRemoved) {
    const remedy =
      'Read the data again, then continue with --after oldest. If you can do without what was removed, continue with it at once.';
    return { code: 'changes_removed', message: `${error.message} ${remedy}`, exitCode: EXIT.failed };
  }
  const outage = outageOf(error);
  return { ...(outage ? ENDING_BY_OUTAGE[outage.kind] : FAILED), message: explain(error) };
}
