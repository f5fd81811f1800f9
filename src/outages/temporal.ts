import { causesOf } from './causes.ts';
import { temporalOutage, type TemporalKind, type TemporalOutage } from './outage.ts';

/** There is no connection to Temporal. The message says where it was tried and why it failed; gRPC does not. */
export class NoConnection extends Error {
  override name = 'NoConnection';
  readonly kind: 'away' | 'untrusted';

  constructor(message: string, kind: NoConnection['kind'] = 'away', options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Temporal refuses a request. The message says why, if the SDK does not report it as an error of gRPC. */
export class Refused extends Error {
  override name = 'Refused';
}

/** https://grpc.io/docs/guides/status-codes */
const BY_CODE: ReadonlyMap<number, TemporalKind> = new Map([
  [1, 'late'],
  [4, 'late'],
  [7, 'denied'],
  [8, 'busy'],
  [14, 'away'],
  [16, 'refused-credentials'],
]);
const LAST_CODE = 16;

/**
 * The workers' client reports the answer to its first call only in words:
 * https://docs.rs/tonic/latest/tonic/enum.Code.html
 */
const BY_WORDS: readonly (readonly [string, TemporalKind])[] = [
  ['The request does not have valid authentication credentials', 'refused-credentials'],
  ['The caller does not have permission', 'denied'],
  ['Some resource has been exhausted', 'busy'],
  ['Deadline expired', 'late'],
];

const NO_NAMESPACE = /Namespace (\S+) (?:is|was) not found/;

/** The client's message, without a code, if nothing answers or if this process shuts down. */
const NO_CHANNEL =
  /^Failed to connect before the deadline|^(Channel|The channel) has been (shut down|closed)/;

/**
 * The outage of Temporal that an error shows.
 *
 * @param thrown the outermost error, which has `error` among its causes.
 */
export function ofTemporal(error: Error, thrown: unknown): TemporalOutage | undefined {
  const { name, message } = error;
  if (error instanceof NoConnection) {
    return temporalOutage(error.kind, { reason: message, code: message, cause: thrown });
  }
  if (error instanceof Refused) {
    return temporalOutage('failed', { reason: message, code: message, cause: thrown });
  }
  const namespace = namespaceOf(error);
  if (namespace !== undefined) return noNamespace(namespace, thrown);
  if (name === 'TransportError') {
    const kind = BY_WORDS.find(([words]) => message.includes(words))?.[1] ?? 'away';
    return temporalOutage(kind, { reason: message, code: name, cause: thrown });
  }
  if (name === 'WorkflowUpdateRPCTimeoutOrCancelledError') return temporalOutage('late', { cause: thrown });
  if (NO_CHANNEL.test(message)) {
    return temporalOutage('away', { reason: 'no answer', code: message, cause: thrown });
  }
  const code = grpcCode(error);
  if (code === undefined) return undefined;
  const kind = BY_CODE.get(code) ?? 'failed';
  return temporalOutage(kind, { reason: reasonOf(kind, error, thrown), code: `gRPC ${code}`, cause: thrown });
}

function namespaceOf(error: Error): string | undefined {
  if (error.name === 'NamespaceNotFoundError' && 'namespace' in error) return String(error.namespace);
  return NO_NAMESPACE.exec(error.message)?.[1];
}

function noNamespace(name: string, cause: unknown): TemporalOutage {
  return {
    ...temporalOutage('no-namespace', { cause }),
    what: `Temporal has no namespace ${name}.`,
    remedy: `Check TEMPORAL_NAMESPACE, or create it: temporal operator namespace create -n ${name}`,
  };
}

/**
 * A `code` alone is not a code of gRPC: the error of a failed program has its exit code there. An error of gRPC has
 * `details` too, or a message that begins with `14 UNAVAILABLE: `.
 */
function grpcCode(error: Error): number | undefined {
  const code: unknown = 'code' in error && 'details' in error ? error.code : undefined;
  const found = typeof code === 'number' ? code : Number(/^(\d+) [A-Z_]+(?::|$)/.exec(error.message)?.[1]);
  return found >= 1 && found <= LAST_CODE ? found : undefined;
}

/** Temporal's answer, if an error or one of its causes is an error of gRPC. */
export function grpcAnswer(error: unknown): { code: number; details: string } | undefined {
  for (const cause of causesOf(error)) {
    const code = grpcCode(cause);
    if (code !== undefined) return { code, details: detailsOf(cause) };
  }
  return undefined;
}

/** The outermost error says what was tried, the innermost why it failed. A late answer only says how late it is. */
function reasonOf(kind: TemporalKind, error: Error, thrown: unknown): string {
  if (kind === 'late') return '';
  const details = detailsOf(error);
  const isWrapped = thrown instanceof Error && thrown !== error;
  return kind === 'failed' && isWrapped ? `${thrown.message}: ${details}` : details;
}

/** The workers' client leaves `details` empty and has them as the message. */
function detailsOf(error: Error): string {
  const details = 'details' in error ? error.details : '';
  return typeof details === 'string' && details !== '' ? details : error.message;
}
