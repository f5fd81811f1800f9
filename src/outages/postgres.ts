import { codeAndPeer, isOfSocket, stringCode } from './causes.ts';
import { postgresOutage, type PostgresKind, type PostgresOutage } from './outage.ts';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_SQLSTATE: ReadonlyMap<string, PostgresKind> = new Map([
  ['25006', 'read-only'],
  ['3D000', 'no-database'],
  ['3F000', 'behind-schema'],
  ['42501', 'denied'],
  ['42703', 'behind-schema'],
  ['42883', 'behind-schema'],
  ['42P01', 'behind-schema'],
  ['55P03', 'busy'],
  ['57014', 'late'],
  ['57P01', 'away'],
  ['57P02', 'away'],
  ['57P03', 'away'],
  ['57P05', 'away'],
]);

/** For every code of a class: connection, credentials, conflicts of transactions, resources. */
const BY_SQLSTATE_CLASS: ReadonlyMap<string, PostgresKind> = new Map([
  ['08', 'away'],
  ['28', 'refused-credentials'],
  ['40', 'busy'],
  ['53', 'busy'],
]);

/** What the driver says itself has no code: https://github.com/brianc/node-postgres */
const BY_MESSAGE: readonly (readonly [RegExp, PostgresKind])[] = [
  [/^timeout (expired|exceeded when trying to connect)|due to connection timeout$/, 'away'],
  [/^Connection terminated|^Client (has encountered a connection error|was closed)/, 'away'],
  [/^Cannot use a pool after calling end/, 'away'],
  [/^Query read timeout/, 'late'],
  [/SSL connection/, 'untrusted'],
];

/** For a certificate that does not hold: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/**
 * What an error says of Postgres. A socket that fails is one of Postgres: Temporal's clients and the one of Kombo wrap theirs.
 *
 * @param thrown what it was found in.
 */
export function ofPostgres(error: Error, thrown: unknown): PostgresOutage | undefined {
  const code = stringCode(error);
  const { message } = error;
  if (code !== undefined && 'severity' in error) {
    const kind = BY_SQLSTATE.get(code) ?? BY_SQLSTATE_CLASS.get(code.slice(0, 2)) ?? 'failed';
    // Which table is missing says nothing that the remedy does not.
    const reason = kind === 'behind-schema' ? '' : message;
    return postgresOutage(kind, { reason, code: `SQLSTATE ${code}`, cause: thrown });
  }
  if (isOfSocket(error)) {
    const { reason } = codeAndPeer(error)!;
    return postgresOutage('away', { reason, code: reason, cause: thrown });
  }
  const kind =
    code !== undefined && CERTIFICATE.test(code)
      ? 'untrusted'
      : BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1];
  return kind && postgresOutage(kind, { reason: message, code: code ?? message, cause: thrown });
}
