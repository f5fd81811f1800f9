import { NETWORK_CODES } from '../network-codes.ts';

/** Exit codes; scripts depend on them. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, notFound: 3, unreachable: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a failed command says: `code` is for scripts, `message` for people and names the remedy. */
export interface Failure {
  code: string;
  message: string;
  exitCode: ExitCode;
}

/** A failure that a command foresees. */
export class CliError extends Error {
  override name = 'CliError';
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
    this.code = code;
  }
}

export const wrongUse = (message: string) => new CliError(EXIT.wrongUse, 'wrong_use', message);
export const notFound = (message: string) => new CliError(EXIT.notFound, 'not_found', message);
export const failed = (message: string) => new CliError(EXIT.failed, 'failed', message);
export const unreachable = (message: string, cause?: unknown) =>
  new CliError(EXIT.unreachable, 'unreachable', message, { cause });

/** SQLSTATEs of a server that is there but does not let us in, or not yet. */
const REFUSED: Record<string, string> = {
  '28P01': 'it refuses the user or the password',
  '28000': 'it refuses the user',
  '3D000': 'the database does not exist',
  '53300': 'it has no free connection',
  '57P01': 'it shuts down',
  '57P03': 'it is starting up',
};

const POOL_MESSAGES = /timeout exceeded when trying to connect|connection terminated/i;

const GRPC_UNREACHABLE = new Map([
  [4, 'it does not answer in time'],
  [14, 'nothing answers'],
  [16, 'it refuses the credentials'],
  [7, 'it denies access'],
]);

/** Refusals of `src/operations`. */
const EXIT_BY_REFUSAL: Record<string, ExitCode> = {
  'not-found': EXIT.notFound,
  invalid: EXIT.wrongUse,
  conflict: EXIT.failed,
  'no-worker': EXIT.unreachable,
};

/** Turns what a command threw into one sentence and an exit code. Looks at shapes, so that nothing has to be loaded. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError) return error;
  if (!(error instanceof Error)) return { code: 'failed', message: String(error), exitCode: EXIT.failed };
  if (error.name === 'OperationError' && 'refusal' in error && 'code' in error) {
    const exitCode = EXIT_BY_REFUSAL[String(error.refusal)] ?? EXIT.failed;
    const code = exitCode === EXIT.wrongUse ? 'wrong_use' : String(error.code);
    return { code, message: error.message, exitCode };
  }
  if (error.name === 'ConfigError')
    return { code: 'settings', message: error.message, exitCode: EXIT.failed };
  if (error.name === 'ChangesRemoved') {
    return {
      code: 'changes_removed',
      message: `${error.message} Read the tables in schema kombo again, then go on with --after oldest. If you can do without what was removed, go on so at once.`,
      exitCode: EXIT.failed,
    };
  }
  return (
    describeKombo(error) ??
    describePostgres(error) ??
    describeTemporal(error) ?? { code: 'failed', message: error.message || error.name, exitCode: EXIT.failed }
  );
}

/** Errors of the Kombo client carry a class; the remedy there is a worker's, who tries again by itself. */
function describeKombo(error: Error): Failure | undefined {
  if (error.name !== 'SyncError' || !('errorClass' in error)) return undefined;
  const unreachable = ['Unavailable', 'RateLimited', 'AccessDenied'].includes(String(error.errorClass));
  const advice =
    error.errorClass === 'AccessDenied' ? '' : ' Check KOMBO_API_URL and the network, then try again.';
  return {
    code: unreachable ? 'unreachable' : 'failed',
    message: `${error.message.replace(/ It is tried again.*$/, '')}${unreachable ? advice : ''}`,
    exitCode: unreachable ? EXIT.unreachable : EXIT.failed,
  };
}

function describePostgres(error: Error): Failure | undefined {
  const code = stringCode(error);
  const isPostgres = code !== undefined && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error;
  if (isPostgres && (code === '42P01' || code === '42883' || code === '3F000' || code === '42703')) {
    return {
      code: 'not_migrated',
      message: 'The database is not up to date. Run: kombo-sync migrate',
      exitCode: EXIT.failed,
    };
  }
  const reason =
    (isPostgres ? REFUSED[code] : undefined) ??
    (code !== undefined && (NETWORK_CODES.has(code) || isMissingSocket(error))
      ? `${code} at ${peerOf(error)}`
      : undefined) ??
    (POOL_MESSAGES.test(error.message) ? 'it does not answer' : undefined);
  if (reason === undefined) return undefined;
  return {
    code: 'unreachable',
    message: `Postgres cannot be reached: ${reason}. Check DATABASE_URL and that the server runs.`,
    exitCode: EXIT.unreachable,
  };
}

function describeTemporal(error: Error): Failure | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const missing = /Namespace (\S+) (?:is|was) not found/.exec(cause.message)?.[1];
    if (missing !== undefined) {
      return {
        code: 'settings',
        message: `Temporal has no namespace ${missing}. Check TEMPORAL_NAMESPACE, or create it: temporal operator namespace create -n ${missing}`,
        exitCode: EXIT.failed,
      };
    }
    const code: unknown = 'code' in cause ? cause.code : undefined;
    const reason =
      (typeof code === 'number' ? GRPC_UNREACHABLE.get(code) : undefined) ??
      (cause.message.startsWith('Failed to connect before the deadline') ? 'nothing answers' : undefined);
    if (reason !== undefined) {
      return {
        code: 'unreachable',
        message: `Temporal cannot be reached: ${reason}. Check TEMPORAL_ADDRESS and that the server runs.`,
        exitCode: EXIT.unreachable,
      };
    }
  }
  return undefined;
}

/** DATABASE_URL may name the folder of a Unix socket. */
function isMissingSocket(error: Error): boolean {
  return stringCode(error) === 'ENOENT' && 'syscall' in error && error.syscall === 'connect';
}

function stringCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Host and port of a failed connection; of several attempts (localhost is two addresses) the last. */
function peerOf(error: Error): string {
  const one: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
  if (one instanceof Error) {
    if ('address' in one && 'port' in one) return `${String(one.address)}:${String(one.port)}`;
    if ('hostname' in one) return String(one.hostname);
    if ('address' in one) return String(one.address);
  }
  return 'its address';
}
