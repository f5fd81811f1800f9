import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { Wrong } from '../config-values.ts';

/** The URL of a Postgres cannot be used. The message never shows the URL, since it holds a password. */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlError';
  readonly wrong: Wrong;

  constructor(wrong: Wrong) {
    super(wrong.problem);
    this.wrong = wrong;
  }
}

export interface DatabaseAddress {
  /** Without the parameters of TLS: the driver gives them another meaning, and warns. */
  connectionString: string;
  ssl: ConnectionOptions | false;
  /** A server without TLS is accepted too. */
  plainToo: boolean;
}

const NO_ADDRESS: Wrong = {
  problem: 'is not an address of Postgres',
  example: 'postgres://user:password@localhost:5432/app',
};
const ENCODE: Wrong = {
  problem: 'holds a character in the user or the password that must be percent-encoded',
  remedy: 'write # as %23, % as %25, / as %2F, ? as %3F, @ as %40 and ü as %C3%BC',
};
const TLS_PARAMETERS = [
  'sslmode',
  'ssl',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'uselibpqcompat',
];
const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/**
 * Reads a URL of Postgres like psql: with a host, or with `?host=/folder` for a Unix socket, and with libpq's meaning
 * of `sslmode` (https://www.postgresql.org/docs/current/libpq-ssl.html).
 *
 * @param ca certificates (PEM) of the authorities that sign the certificate of the server.
 * @throws DatabaseUrlError
 */
export function readDatabaseUrl(text: string, ca?: string): DatabaseAddress {
  const { url, hostless } = parse(text);
  const { searchParams: parameters } = url;
  const tls = Object.fromEntries(TLS_PARAMETERS.map((name) => [name, parameters.get(name) ?? undefined]));
  for (const name of TLS_PARAMETERS) parameters.delete(name);
  const isSocket = /^(\/|%2f)/i.test(parameters.get('host') ?? url.hostname);
  const direct = parameters.get('sslnegotiation') === 'direct' ? 'require' : undefined;
  const hasAuthority = ca !== undefined || tls['sslrootcert'] !== undefined;
  const mode = tls['sslmode'] ?? modeOf(tls['ssl']) ?? direct ?? (hasAuthority ? 'verify-full' : undefined);
  if (mode !== undefined && !MODES.includes(mode)) {
    throw new DatabaseUrlError({
      problem: 'names an sslmode that does not exist',
      remedy: 'use disable, allow, prefer, require, verify-ca or verify-full',
    });
  }
  return {
    connectionString: hostless ? url.href.replace(`@${NO_HOST}/`, '@/') : url.href,
    ssl: isSocket || mode === undefined ? false : optionsOf(mode, tls, ca),
    plainToo: mode === 'allow' || mode === 'prefer',
  };
}

/** Adds psql's environment variables for encryption, if the URL says nothing about it. */
export function withEnvironment(
  text: string,
  { PGSSLMODE: mode, PGSSLROOTCERT: authority }: Readonly<Record<string, string | undefined>>,
): string {
  if (!mode || /[?&](sslmode|ssl)=/.test(text)) return text;
  const added = new URLSearchParams({ sslmode: mode, ...(authority ? { sslrootcert: authority } : {}) });
  return `${text}${text.includes('?') ? '&' : '?'}${added.toString()}`;
}

const NO_HOST = 'no-host.invalid';

function parse(text: string): { url: URL; hostless: boolean } {
  // Postgres accepts a URL with a user but no host; the URL parser does not.
  const hostless = URL.canParse(text) ? null : URL.parse(text.replace('@/', `@${NO_HOST}/`));
  const url = hostless ?? URL.parse(text);
  if (url !== null && !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new DatabaseUrlError(NO_ADDRESS);
  }
  // An unencoded character ends the part with the user and the password, so the rest of them ends up elsewhere.
  const isCutShort = url === null ? text.includes('@') : url.hash !== '' || isMisread(url);
  if (isCutShort || (url !== null && !isDecodable(url))) throw new DatabaseUrlError(ENCODE);
  if (url === null) throw new DatabaseUrlError(NO_ADDRESS);
  return { url, hostless: hostless !== null };
}

const isMisread = ({ username, pathname, search }: URL) =>
  username === '' && (pathname.includes('@') || /^[^=&]*@/.test(search));

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** `ssl=true`, the way JDBC writes it. */
function modeOf(ssl: string | undefined): string | undefined {
  if (ssl === undefined) return undefined;
  return ['true', '1', 'require'].includes(ssl) ? 'require' : ssl === 'no-verify' ? 'no-verify' : 'disable';
}

function optionsOf(
  mode: string,
  { sslrootcert, sslcert, sslkey, sslpassword }: Record<string, string | undefined>,
  given: string | undefined,
): ConnectionOptions | false {
  if (mode === 'disable') return false;
  const ca =
    given ??
    (sslrootcert === undefined || sslrootcert === 'system' ? undefined : read('sslrootcert', sslrootcert));
  const own: ConnectionOptions = {
    ...(ca === undefined ? {} : { ca }),
    ...(sslcert === undefined ? {} : { cert: read('sslcert', sslcert) }),
    ...(sslkey === undefined ? {} : { key: read('sslkey', sslkey) }),
    ...(sslpassword === undefined ? {} : { passphrase: sslpassword }),
  };
  if (mode === 'verify-full') return own;
  // If an authority is known, `require` checks the certificate too, as in libpq.
  const asksAuthority = mode === 'verify-ca' || (mode === 'require' && ca !== undefined);
  if (!asksAuthority) return { ...own, rejectUnauthorized: false };
  if (ca === undefined) {
    throw new DatabaseUrlError({
      problem: 'says sslmode=verify-ca, and there is no certificate authority',
      remedy: 'name its file in DATABASE_CA_FILE, or say sslmode=verify-full to trust the public ones',
    });
  }
  return { ...own, checkServerIdentity: () => undefined };
}

function read(parameter: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new DatabaseUrlError({
      problem: `names a file in ${parameter} that cannot be read`,
      remedy: 'correct its path or its rights',
    });
  }
}
