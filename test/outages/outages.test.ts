import { describe, expect, test } from 'vitest';
import { ERROR_CLASSES, SyncError } from '../../src/domain/errors.ts';
import { explain, grpcAnswer, NoConnection, outageOf, Refused } from '../../src/outages/index.ts';

const postgres = (code: string, message = 'no') =>
  Object.assign(new Error(message), { code, severity: 'FATAL' });
const socket = (code: string, more: object = {}) =>
  Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect', ...more });
const grpc = (code: number, details = 'no') =>
  Object.assign(new Error(`${code} STATUS: ${details}`), { code, details });
/** An error like that of Temporal's client. */
const service = (code: number, details?: string) =>
  Object.assign(new Error('Failed to describe schedule', { cause: grpc(code, details) }), {
    name: 'ServiceError',
  });

describe('Postgres', () => {
  test.each([
    ['28P01', 'refused-credentials'],
    ['28000', 'refused-credentials'],
    ['42501', 'denied'],
    ['3D000', 'no-database'],
    ['25006', 'read-only'],
    ['42P01', 'behind-schema'],
    ['42703', 'behind-schema'],
    ['42883', 'behind-schema'],
    ['3F000', 'behind-schema'],
    ['53300', 'busy'],
    ['53200', 'busy'],
    ['40001', 'busy'],
    ['55P03', 'busy'],
    ['57014', 'late'],
    ['57P01', 'away'],
    ['57P03', 'away'],
    ['08006', 'away'],
    ['42601', 'failed'],
    ['P0001', 'failed'],
    // A key that every object has is not a code.
    ['toString', 'failed'],
  ])('answers with SQLSTATE %s: %s', (code, kind) => {
    expect(outageOf(postgres(code))).toMatchObject({ part: 'postgres', kind, code: `SQLSTATE ${code}` });
  });

  test.each([
    ['timeout exceeded when trying to connect', 'busy'],
    ['timeout expired', 'away'],
    ['Connection terminated unexpectedly', 'away'],
    ['Connection terminated due to connection timeout', 'away'],
    ['Client has encountered a connection error and is not queryable', 'away'],
    ['Client was closed and is not queryable', 'away'],
    ['Cannot use a pool after calling end on the pool', 'away'],
    ['Query read timeout', 'late'],
    ['The server does not support SSL connections', 'untrusted'],
  ])('has a driver that says "%s": %s', (message, kind) => {
    expect(outageOf(new Error(message))).toMatchObject({ part: 'postgres', kind });
  });

  test.each([
    [socket('ECONNREFUSED', { address: '10.0.0.7', port: 5432 }), 'ECONNREFUSED at 10.0.0.7:5432'],
    [socket('ENOTFOUND', { hostname: 'db.example', syscall: 'getaddrinfo' }), 'ENOTFOUND at db.example'],
    [socket('ENOENT', { address: '/run/.s.PGSQL.5432' }), 'ENOENT at /run/.s.PGSQL.5432'],
    [socket('ECONNRESET', { syscall: 'read' }), 'ECONNRESET'],
    [
      Object.assign(new AggregateError([socket('x'), socket('ECONNREFUSED', { address: '::1', port: 1 })]), {
        code: 'ECONNREFUSED',
      }),
      'ECONNREFUSED at ::1:1',
    ],
  ])('cannot be reached by a socket: %s', (error, reason) => {
    expect(outageOf(error)).toMatchObject({
      part: 'postgres',
      kind: 'away',
      what: `Postgres cannot be reached: ${reason}.`,
      remedy: 'Check DATABASE_URL and that the server runs.',
    });
  });

  test.each([
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      /signed by an authority that is not known here\. Name .*DATABASE_CA_FILE/,
    ],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /signed by an authority that is not known here/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /for another host name\. .*sslmode=verify-ca/],
    ['CERT_HAS_EXPIRED', /has expired\. Renew/],
    ['CERT_REVOKED', /no encrypted connection can be made\. Check sslmode/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /no encrypted connection can be made\. Check sslmode/],
    ['EPROTO', /no encrypted connection can be made\. Check sslmode/],
  ])('offers no secure connection: %s', (code, said) => {
    const error = Object.assign(new Error('no'), { code });
    expect(outageOf(error)).toMatchObject({ part: 'postgres', kind: 'untrusted' });
    expect(explain(error)).toMatch(said);
  });

  test('gives out numbers that are in use: the sequence lags, and setup repairs it', () => {
    const duplicate = (constraint: string) => Object.assign(postgres('23505'), { constraint });
    expect(outageOf(duplicate('passes_pkey'))).toMatchObject({
      kind: 'behind-schema',
      remedy: 'Set it right with: kombo-sync setup',
    });
    expect(outageOf(duplicate('integrations_pkey'))).toMatchObject({ kind: 'failed' });
  });

  test('is not the cause if a file is missing or fetch fails', () => {
    expect(
      outageOf(Object.assign(new Error('no file'), { code: 'ENOENT', syscall: 'open' })),
    ).toBeUndefined();
    expect(outageOf(new TypeError('fetch failed', { cause: socket('ECONNREFUSED') }))).toBeUndefined();
  });
});

describe('Temporal', () => {
  test.each([
    [1, 'late'],
    [4, 'late'],
    [7, 'denied'],
    [8, 'busy'],
    [14, 'away'],
    [16, 'refused-credentials'],
    [3, 'failed'],
    [13, 'failed'],
  ])('answers with gRPC %i: %s', (code, kind) => {
    const told = { part: 'temporal', kind, code: `gRPC ${code}` };
    expect(outageOf(grpc(code))).toMatchObject(told);
    expect(outageOf(service(code))).toMatchObject(told);
  });

  test('is reported with the reason', () => {
    expect(explain(service(16, 'Request unauthorized.'))).toBe(
      'Temporal refuses the credentials: Request unauthorized. Check TEMPORAL_API_KEY, or the certificate that TEMPORAL_TLS_CLIENT_CERT_PATH names.',
    );
    expect(explain(service(13, 'disk full'))).toContain('Failed to describe schedule: disk full.');
    expect(explain(new NoConnection('ENOTFOUND at temporal.example'))).toBe(
      'Temporal cannot be reached: ENOTFOUND at temporal.example. Check TEMPORAL_ADDRESS and that the server runs.',
    );
  });

  test('is reported with the reason to a worker, whose client has it only in the message', () => {
    const cause = Object.assign(new Error('no mapping for KomboTool'), { code: 3, details: '' });
    const error = new Error('Failed to create schedule', { cause });
    expect(explain(error)).toContain('Failed to create schedule: no mapping for KomboTool.');
    expect(grpcAnswer(error)).toEqual({ code: 3, details: 'no mapping for KomboTool' });
  });

  test('is reported as refusing a schedule, although the SDK throws a TypeError', () => {
    const error = new Refused('unknown time zone utc', { cause: new TypeError('unknown time zone utc') });
    expect(explain(error)).toMatch(/^Temporal refuses a request: unknown time zone utc\./);
  });

  test.each([
    Object.assign(new Error('Namespace not found'), { name: 'NamespaceNotFoundError', namespace: 'nope' }),
    grpc(5, 'Namespace nope is not found.'),
    new Error('Namespace nope was not found'),
  ])('does not have the namespace: %s', (error) => {
    expect(outageOf(error)).toMatchObject({
      kind: 'no-namespace',
      what: 'Temporal has no namespace nope.',
      remedy: expect.stringContaining('-n nope') as string,
    });
  });

  test.each([
    [
      'code: \'The request does not have valid authentication credentials\', message: "no"',
      'refused-credentials',
    ],
    ["code: 'The caller does not have permission to execute the specified operation'", 'denied'],
    ['tonic::transport::Error(Transport, ConnectError(…))', 'away'],
  ])('answers a worker with %s: %s', (message, kind) => {
    expect(outageOf(Object.assign(new Error(message), { name: 'TransportError' }))).toMatchObject({ kind });
  });

  test('is not the cause if a program ends with an exit code', () => {
    expect(outageOf(Object.assign(new Error('Command failed'), { code: 14 }))).toBeUndefined();
    expect(outageOf(new DOMException('late', 'TimeoutError'))).toBeUndefined();
  });
});

describe('Kombo', () => {
  test.each([
    ['Unavailable', 'away', /Try again/],
    ['RateLimited', 'busy', /^Try again when the limit allows\.$/],
    ['AccessDenied', 'refused-credentials', /KOMBO_API_KEY/],
    ['RequestRejected', 'rejected', /report it/],
  ] as const)('%s: %s, and the remedy is for you, not for a worker', (errorClass, kind, remedy) => {
    const error = new SyncError(errorClass, 'Kombo said no.', { retryAfterMs: 7 });
    expect(outageOf(error)).toMatchObject({
      part: 'kombo',
      kind,
      what: 'Kombo said no.',
      remedy: expect.stringMatching(remedy) as string,
      retryAfterMs: 7,
    });
    expect(explain(error)).not.toContain('is tried again');
  });

  test('every error class except a bug belongs to one of the three', () => {
    const none = ERROR_CLASSES.filter((errorClass) => !outageOf(new SyncError(errorClass, 'It failed.')));
    expect(none).toEqual(['Internal']);
  });
});

test('any other error speaks for itself', () => {
  expect(outageOf(new Error('Broken.'))).toBeUndefined();
  expect(explain(new Error('Broken.'))).toBe('Broken.');
  expect(explain('odd')).toBe('odd');
});
