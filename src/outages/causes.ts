/** An error and what has caused it, outermost first. */
export function causesOf(error: unknown): Error[] {
  const found: Error[] = [];
  for (let cause = error; cause instanceof Error && !found.includes(cause); cause = cause.cause) {
    found.push(cause);
  }
  return found;
}

export function stringCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Codes for a server that cannot be reached or has gone: https://nodejs.org/api/errors.html#common-system-errors */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EPIPE',
]);

/** Whether a socket has failed; that may also be a Unix socket whose folder is not there. */
export function isOfSocket(error: Error): boolean {
  const code = stringCode(error);
  if (code === undefined) return false;
  return NETWORK_CODES.has(code) || ('syscall' in error && error.syscall === 'connect');
}

/** The first code among an error and its causes, and where it was met, as `ECONNREFUSED at 127.0.0.1:5432`. */
export function codeAndPeer(error: unknown): { code: string; reason: string } | undefined {
  for (const cause of causesOf(error)) {
    const code = stringCode(cause);
    if (code === undefined) continue;
    const peer = peerOf(cause);
    return { code, reason: peer === undefined ? code : `${code} at ${peer}` };
  }
  return undefined;
}

/** Host and port of a failed connection; of several attempts (localhost is two addresses) the last. */
function peerOf(error: Error): string | undefined {
  const one: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
  if (!(one instanceof Error)) return undefined;
  if ('address' in one) {
    return 'port' in one ? `${String(one.address)}:${String(one.port)}` : String(one.address);
  }
  return 'hostname' in one ? String(one.hostname) : undefined;
}
