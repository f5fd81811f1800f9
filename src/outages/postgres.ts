import { codeAndPeer, isOfSocket, stringCode } from './causes.ts';
import { postgresOutage, type PostgresKind, type PostgresOutage } from './outage.ts';

/** The kind of an error, and better words than those of the server and of the kind. */
interface Verdict {
  kind: PostgresKind;
  /** Replaces the message of the server. */
  reason?: string;
  remedy?: string;
}

const CERTIFICATE_OF_AUTHORITY: Verdict = {
  kind: 'untrusted',
  reason: 'its certificate is signed by an authority that is not known here',
  remedy:
    "Name the authority's certificate in DATABASE_CA_FILE, or write sslmode=require in DATABASE_URL to encrypt without a check.",
};
const RENEW = "Renew the server's certificate, and check the clock of this machine.";
const NO_ENCRYPTION: Verdict = {
  kind: 'untrusted',
  reason: 'no encrypted connection can be made',
  remedy: 'Check sslmode in DATABASE_URL, and that its port is that of Postgres.',
};

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const BY_CERTIFICATE: ReadonlyMap<string, Verdict> = new Map([
  ['CERT_SIGNATURE_FAILURE', CERTIFICATE_OF_AUTHORITY],
  ['CERT_UNTRUSTED', CERTIFICATE_OF_AUTHORITY],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', CERTIFICATE_OF_AUTHORITY],
  ['SELF_SIGNED_CERT_IN_CHAIN', CERTIFICATE_OF_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', CERTIFICATE_OF_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', CERTIFICATE_OF_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', CERTIFICATE_OF_AUTHORITY],
  ['CERT_HAS_EXPIRED', { kind: 'untrusted', reason: 'its certificate has expired', remedy: RENEW }],
  ['CERT_NOT_YET_VALID', { kind: 'untrusted', reason: 'its certificate is not valid yet', remedy: RENEW }],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      kind: 'untrusted',
      reason: 'its certificate is for another host name',
      remedy:
        'Use the name of the certificate in DATABASE_URL, or write sslmode=verify-ca there to check only who signed it.',
    },
  ],
  ['EPROTO', NO_ENCRYPTION],
]);

/** Any other code of TLS. */
const OF_TLS = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

const LAGGING: Verdict = {
  kind: 'behind-schema',
  reason: 'a sequence lags behind its table and gives out numbers that are in use',
  remedy: 'Set it right with: kombo-sync setup',
};

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_SQLSTATE: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  [
    '08P01',
    {
      kind: 'away',
      remedy:
        'If a pooler refuses a parameter, take that one out of DATABASE_URL and PGOPTIONS. If not, its log says more.',
    },
  ],
  ['25006', { kind: 'read-only' }],
  [
    '28000',
    {
      kind: 'refused-credentials',
      remedy:
        'Check the user in DATABASE_URL, and pg_hba.conf of the server. If it accepts encrypted connections only, add sslmode=require to DATABASE_URL.',
    },
  ],
  ['3D000', { kind: 'no-database' }],
  // The name of the missing table does not help: the remedy is the same.
  ['3F000', { kind: 'behind-schema', reason: '' }],
  ['42501', { kind: 'denied' }],
  ['42703', { kind: 'behind-schema', reason: '' }],
  ['42883', { kind: 'behind-schema', reason: '' }],
  ['42P01', { kind: 'behind-schema', reason: '' }],
  [
    '53300',
    {
      kind: 'busy',
      remedy:
        'Lower DATABASE_POOL, or allow more connections: alter role … connection limit …, or max_connections of the server.',
    },
  ],
  ['55P03', { kind: 'busy' }],
  ['57014', { kind: 'late' }],
  ['57P01', { kind: 'away' }],
  ['57P02', { kind: 'away' }],
  ['57P03', { kind: 'away' }],
  ['57P05', { kind: 'away' }],
  // Raised by kombo_sync.read_changes.
  ['KS003', LAGGING],
]);

/** For every other code of a class: connection, credentials, conflicts of transactions, resources. */
const BY_SQLSTATE_CLASS: ReadonlyMap<string, Verdict> = new Map([
  ['08', { kind: 'away' }],
  ['28', { kind: 'refused-credentials' }],
  ['40', { kind: 'busy' }],
  ['53', { kind: 'busy' }],
]);

const UNIQUE_VIOLATION = '23505';
/** Keys that only a sequence fills. */
const NUMBERED: readonly unknown[] = ['audit_log_pkey', 'changes_pkey', 'passes_pkey'];

/** Errors of the driver itself have no code: https://github.com/brianc/node-postgres */
const BY_MESSAGE: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^timeout exceeded when trying to connect/,
    {
      kind: 'busy',
      reason: 'no connection of this process became free in time',
      remedy: 'Raise DATABASE_POOL, or look in pg_stat_activity for what keeps connections.',
    },
  ],
  [/^timeout expired|due to connection timeout$/, { kind: 'away' }],
  [/^Connection terminated|^Client (has encountered a connection error|was closed)/, { kind: 'away' }],
  [/^Cannot use a pool after calling end/, { kind: 'away' }],
  [/^Query read timeout/, { kind: 'late' }],
  [
    /^The server does not support SSL connections/,
    {
      kind: 'untrusted',
      reason: 'it does not offer TLS',
      remedy: 'Switch TLS on at the server, or write sslmode=disable in DATABASE_URL.',
    },
  ],
  [/SSL connection/, NO_ENCRYPTION],
];

/**
 * The outage of Postgres that an error shows. A bare error of a socket counts as Postgres's, since the clients of
 * Temporal and Kombo wrap theirs.
 *
 * @param thrown the outermost error, which has `error` among its causes.
 */
export function ofPostgres(error: Error, thrown: unknown): PostgresOutage | undefined {
  const code = stringCode(error);
  const { message } = error;
  if (code !== undefined && 'severity' in error) {
    const { kind, ...more } = verdictOn(code, error);
    return postgresOutage(kind, { reason: message, ...more, code: `SQLSTATE ${code}`, cause: thrown });
  }
  const { kind, ...more } = ofCertificate(code) ?? ofDriver(message) ?? {};
  if (kind) return postgresOutage(kind, { reason: message, ...more, code: code ?? message, cause: thrown });
  if (!isOfSocket(error)) return undefined;
  const { reason } = codeAndPeer(error)!;
  return postgresOutage('away', { reason, code: reason, cause: thrown });
}

function verdictOn(code: string, error: object): Verdict {
  if (code === UNIQUE_VIOLATION && 'constraint' in error && NUMBERED.includes(error.constraint))
    return LAGGING;
  return BY_SQLSTATE.get(code) ?? BY_SQLSTATE_CLASS.get(code.slice(0, 2)) ?? { kind: 'failed' };
}

function ofCertificate(code: string | undefined): Verdict | undefined {
  if (code === undefined) return undefined;
  return BY_CERTIFICATE.get(code) ?? (OF_TLS.test(code) ? NO_ENCRYPTION : undefined);
}

const ofDriver = (message: string) => BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1];
