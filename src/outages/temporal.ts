import { causesOf } from './causes.ts';
import { temporalOutage, type TemporalKind, type TemporalOutage } from './outage.ts';

/** There is no connection to Temporal. The message is where it was tried and why there is none, which gRPC does not say. */
export class NoConnection extends Error {
  override name = 'NoConnection';
  readonly kind: 'away' | 'untrusted';

  constructor(message: string, kind: NoConnection['kind'] = 'away', options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Temporal refuses what it is asked for. The message is why, where the SDK does not say so in the form of gRPC. */
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

/** The client of workers has only words for the answer to its first call: https://docs.rs/tonic/latest/tonic/enum.Code.html */
const BY_WORDS: readonly (readonly [string, TemporalKind])[] = [
  ['The request does not have valid authentication credentials', 'refused-credentials'],
  ['The caller does not have permission', 'denied'],
  ['Some resource has been exhausted', 'busy'],
  ['Deadline expired', 'late'],
];

const NO_NAMESPACE = /Namespace (\S+) (?:is|was) not found/;

/** What a client says when nothing answers, or when this process shuts down. There is no code for either. */
const NO_CHANNEL =
  /^Failed to connect before the deadline|^(Channel|The channel) has been (shut down|closed)/;

/**
 * What an error says of Temporal.
 *
 * @param thrown what it was found in.
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

/** A number alone is no code of gRPC: a program that fails has its exit code there. The message begins `14 UNAVAILABLE: `. */
function grpcCode(error: Error): number | undefined {
  const code: unknown = 'code' in error && 'details' in error ? error.code : undefined;
  const found = typeof code === 'number' ? code : Number(/^(\d+) [A-Z_]+(?::|$)/.exec(error.message)?.[1]);
  return found >= 1 && found <= LAST_CODE ? found : undefined;
}

/** What Temporal answered, where an error or one of its causes is an answer of gRPC. */
export function grpcAnswer(error: unknown): { code: number; details: string } | undefined {
  for (const cause of causesOf(error)) {
    const code = grpcCode(cause);
    if (code !== undefined) return { code, details: detailsOf(cause) };
  }
  return undefined;
}

/** The outermost error says what was tried, the innermost one why it failed. Of what came too late it only says how late. */
function reasonOf(kind: TemporalKind, error: Error, thrown: unknown): string {
  if (kind === 'late') return '';
  const details = detailsOf(error);
  const isWrapped = thrown instanceof Error && thrown !== error;
  return kind === 'failed' && isWrapped ? `${thrown.message}: ${details}` : details;
}

/** The client of workers leaves the details empty, and has them as the message. */
function detailsOf(error: Error): string {
  const details = 'details' in error ? error.details : '';
  return typeof details === 'string' && details !== '' ? details : error.message;
}
