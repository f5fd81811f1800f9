/** An error and its causes, outermost first. */
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

/** Codes for a server that cannot be reached or that ended: https://nodejs.org/api/errors.html#common-system-errors */
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

/** Whether a socket failed. This includes a Unix socket whose folder does not exist. */
export function isOfSocket(error: Error): boolean {
  const code = stringCode(error);
  if (code === undefined) return false;
  return NETWORK_CODES.has(code) || ('syscall' in error && error.syscall === 'connect');
}

/** The first code of an error and its causes, and where it occurred, for example `ECONNREFUSED at 127.0.0.1:5432`. */
export function codeAndPeer(error: unknown): { code: string; reason: string } | undefined {
  for (const cause of causesOf(error)) {
    const code = stringCode(cause);
    if (code === undefined) continue;
    const peer = peerOf(cause);
    return { code, reason: peer === undefined ? code : `${code} at ${peer}` };
  }
  return undefined;
}

/** Host and port of a failed connection. After several attempts (localhost has two addresses), those of the last. */
function peerOf(error: Error): string | undefined {
  const one: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
  if (!(one instanceof Error)) return undefined;
  if ('address' in one) {
    return 'port' in one ? `${String(one.address)}:${String(one.port)}` : String(one.address);
  }
  return 'hostname' in one ? String(one.hostname) : undefined;
}
