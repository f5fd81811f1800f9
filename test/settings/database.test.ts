import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { readDatabaseUrl } from '../../src/settings/database-url.ts';
import { createAuthority } from '../support/certificates.ts';
import { complaint } from './complaint.ts';

const AUTHORITY = createAuthority().certificate;

describe('a URL of Postgres', () => {
  test.each([
    'postgres://user:password@localhost:5432/app',
    'postgresql://user@db.example.com/app?application_name=me@home',
    'postgresql://user:pw@/db?host=/socket',
    'postgresql:///db?host=/var/run/postgresql&user=me',
    'postgres://%2Fvar%2Frun%2Fpostgresql/db',
    'postgres://user:p%23%25%40%2F%3F%C3%BC@[::1]:5432/d%C3%A4ta',
    'postgres://user:pässword@localhost/app',
  ])('%s is accepted', (address) => {
    expect(loadConfig({ DATABASE_URL: address }).DATABASE_URL?.reveal()).toBe(address);
  });

  test.each([
    'postgres://user:hunter#2@localhost/app',
    'postgres://user:1#2@localhost:5432/app',
    'postgres://us#er:hunter@localhost:5432/app',
    'postgres://user:hunter/2@localhost/app',
    'postgres://user:12/4@localhost/app',
    'postgres://user:12?4@localhost/app',
    'postgres://user:hunter%2@localhost/app',
    'postgres://user:hunter%zz@localhost/app',
    // ü in Latin-1.
    'postgres://user:hunter%FC@localhost/app',
  ])('%s must be percent-encoded, and the error says so without showing it', (address) => {
    const said = complaint({ DATABASE_URL: address });
    expect(said).toMatch(
      /^DATABASE_URL holds a character in the user or the password that must be percent-encoded; write # as %23/,
    );
    expect(said).not.toContain('hunter');
  });

  test.each(['mysql://localhost/app', 'localhost:5432', 'app', 'postgres'])('%s is refused', (address) => {
    expect(complaint({ DATABASE_DIRECT_URL: address })).toMatch(
      /^DATABASE_DIRECT_URL is not an address of Postgres, for example postgres:\/\//,
    );
  });
});

describe('sslmode has the meaning of libpq', () => {
  const address = (parameters: string) => `postgres://user@localhost/app?${parameters}`;
  const tls = (parameters: string, ca?: string) => readDatabaseUrl(address(parameters), ca);

  test('the driver never sees it, since it gives it another meaning and warns', () => {
    expect(tls('sslmode=require&application_name=me').connectionString).toBe(address('application_name=me'));
  });

  test.each([
    ['sslmode=disable', false],
    ['ssl=false', false],
    ['application_name=me', false],
  ])('%s: no TLS', (parameters, ssl) => {
    expect(tls(parameters)).toMatchObject({ ssl, plainToo: false });
  });

  test.each(['sslmode=prefer', 'sslmode=allow'])('%s: TLS if the server has it', (parameters) => {
    expect(tls(parameters)).toMatchObject({ ssl: { rejectUnauthorized: false }, plainToo: true });
  });

  test.each(['sslmode=require', 'ssl=true', 'sslnegotiation=direct', 'sslmode=no-verify'])(
    '%s: encrypted, without a check of the certificate',
    (parameters) => {
      expect(tls(parameters)).toMatchObject({ ssl: { rejectUnauthorized: false }, plainToo: false });
    },
  );

  test('sslmode=require with an authority, and verify-ca: signed by the authority, for any name', () => {
    for (const mode of ['require', 'verify-ca']) {
      const { ssl } = tls(`sslmode=${mode}`, AUTHORITY);
      expect(ssl).toMatchObject({ ca: AUTHORITY });
      expect(ssl).not.toHaveProperty('rejectUnauthorized');
      expect((ssl as { checkServerIdentity: () => unknown }).checkServerIdentity()).toBeUndefined();
    }
  });

  test('verify-full, or an authority alone: signed, and for this name', () => {
    expect(tls('sslmode=verify-full').ssl).toEqual({});
    expect(tls('', AUTHORITY).ssl).toEqual({ ca: AUTHORITY });
  });

  test('files with certificates are read', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'ca-')), 'root.crt');
    writeFileSync(file, AUTHORITY);
    expect(tls(`sslmode=verify-ca&sslrootcert=${file}`).ssl).toMatchObject({ ca: AUTHORITY });
    const found = complaint({ DATABASE_URL: address('sslmode=verify-full&sslrootcert=/nowhere') });
    expect(found).toMatch(/^DATABASE_URL names a file in sslrootcert that cannot be read; /);
  });

  test('PGSSLMODE and PGSSLROOTCERT count if the URL says nothing about TLS', () => {
    const read = (env: Record<string, string>) => {
      const { DATABASE_URL, DATABASE_DIRECT_URL } = loadConfig(env);
      return [DATABASE_URL, DATABASE_DIRECT_URL].map((one) => one?.reveal());
    };
    const given = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/root.crt' };
    const url = 'postgres://user@localhost/app';
    expect(read({ DATABASE_URL: url, DATABASE_DIRECT_URL: address('a=b'), PGSSLMODE: 'require' })).toEqual([
      `${url}?sslmode=require`,
      `${address('a=b')}&sslmode=require`,
    ]);
    expect(complaint({ DATABASE_URL: url, ...given })).toMatch(/^DATABASE_URL names a file in sslrootcert/);
    expect(read({ DATABASE_URL: address('sslmode=disable'), ...given })[0]).toBe(address('sslmode=disable'));
    expect(complaint({ DATABASE_URL: url, PGSSLMODE: 'always' })).toMatch(/^DATABASE_URL names an sslmode/);
    expect(readDatabaseUrl(url).ssl).toBe(false);
  });

  test('a Unix socket has no TLS', () => {
    expect(readDatabaseUrl('postgres://user@/app?host=/socket&sslmode=require').ssl).toBe(false);
  });

  test('an error says what to do', () => {
    expect(complaint({ DATABASE_URL: address('sslmode=always') })).toMatch(/^DATABASE_URL names an sslmode/);
    expect(complaint({ DATABASE_URL: address('sslmode=verify-ca') })).toMatch(
      /^DATABASE_URL says sslmode=verify-ca, and there is no certificate authority; .*DATABASE_CA_FILE/,
    );
    const verified = { DATABASE_URL: address('sslmode=verify-ca'), DATABASE_CA: AUTHORITY };
    expect(loadConfig(verified).DATABASE_CA).toBe(AUTHORITY);
  });

  test('DATABASE_CA may be one line, and must be a certificate', () => {
    expect(loadConfig({ DATABASE_CA: AUTHORITY.replaceAll('\n', '\\n') }).DATABASE_CA).toBe(AUTHORITY);
    expect(complaint({ DATABASE_CA: 'root.crt' })).toMatch(
      /^DATABASE_CA is not a certificate in PEM; .*DATABASE_CA_FILE/,
    );
  });
});

describe('names of schemas', () => {
  test.each(['kombo', 'kombo_live', 'public', 'pg_data', 'Kombo', 'kombo-data', '1st', ''.padEnd(60, 'x')])(
    'SERVICE_SCHEMA=%s is refused',
    (name) => {
      expect(complaint({ SERVICE_SCHEMA: name })).toMatch(/^SERVICE_SCHEMA is not a name .*for example/);
    },
  );

  test('DATA_SCHEMA and SERVICE_SCHEMA must differ', () => {
    expect(loadConfig({ DATA_SCHEMA: 'hr', SERVICE_SCHEMA: 'hr_sync' })).toMatchObject({ DATA_SCHEMA: 'hr' });
    for (const SERVICE_SCHEMA of ['hr', 'hr_live']) {
      expect(complaint({ DATA_SCHEMA: 'hr', SERVICE_SCHEMA })).toMatch(/^SERVICE_SCHEMA names the schema/);
    }
  });
});
