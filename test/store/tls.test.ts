import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/database.ts';
import { runCommand } from '../cli/run-command.ts';
import { ADMIN_TOKEN, testApp } from '../http/support.ts';
import { createAuthority } from '../support/certificates.ts';
import { createTestStore } from '../support/database.ts';
import { startTlsServer } from '../support/tls-proxy.ts';

const store = await createTestStore();
const authority = createAuthority();
const port = await startTlsServer(store.url, authority.issue('localhost'));
const expiredPort = await startTlsServer(store.url, authority.issue('localhost', -1));
const file = path.join(mkdtempSync(path.join(tmpdir(), 'ca-')), 'root.crt');
writeFileSync(file, authority.certificate);

function address(parameters: string, host = 'localhost', to = port): string {
  const url = new URL(store.url);
  url.host = `${host}:${to}`;
  url.search = parameters;
  return url.href;
}

function plain(mode: string): string {
  const url = new URL(store.url);
  url.searchParams.set('sslmode', mode);
  return url.href;
}

async function ask(url: string, ca?: string): Promise<unknown> {
  const own = openStore(url, { max: 1, ca });
  try {
    return (await own.pool.query('select 1 as one')).rows[0];
  } finally {
    await own.close();
  }
}

describe('a server with a certificate of a private authority', () => {
  test.each(['sslmode=require', 'sslmode=prefer', 'sslmode=no-verify', 'ssl=true'])(
    'is used with %s',
    async (parameters) => {
      expect(await ask(address(parameters))).toEqual({ one: 1 });
    },
  );

  test('is used if the authority is named', async () => {
    expect(await ask(address('sslmode=verify-full'), authority.certificate)).toEqual({ one: 1 });
    expect(await ask(address(`sslmode=verify-ca&sslrootcert=${file}`, '127.0.0.1'))).toEqual({ one: 1 });
    expect(await ask(address('sslmode=require', '127.0.0.1'), authority.certificate)).toEqual({ one: 1 });
    expect(await ask(address(''), authority.certificate)).toEqual({ one: 1 });
  });

  test('is not used if another authority signs, although sslmode=require alone does not check that', async () => {
    const other = createAuthority().certificate;
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      await expect(ask(address(`sslmode=${mode}`), other)).rejects.toMatchObject({
        code: expect.stringMatching(/SIGN|VERIFY|ISSUER|UNTRUSTED/) as string,
      });
    }
  });
});

test('sslmode=prefer works without TLS if the server has none, and sslmode=require does not', async () => {
  expect(await ask(plain('prefer'))).toEqual({ one: 1 });
  await expect(ask(plain('require'))).rejects.toThrow('The server does not support SSL connections');
});

describe('a problem is reported with its remedy, and without a warning of the driver', () => {
  test.each([
    [
      'an unknown authority',
      { DATABASE_URL: address('sslmode=verify-full') },
      /^There is no secure connection to Postgres: its certificate is signed by an authority that is not known here\. Name .* DATABASE_CA_FILE, or write sslmode=require in DATABASE_URL to encrypt without a check\.\n$/,
    ],
    [
      'another host',
      { DATABASE_URL: address('sslmode=verify-full', '127.0.0.1'), DATABASE_CA_FILE: file },
      /^There is no secure connection to Postgres: its certificate is for another host name\. .*sslmode=verify-ca .*\n$/,
    ],
    [
      'a certificate that has expired',
      { DATABASE_URL: address('sslmode=verify-full', 'localhost', expiredPort), DATABASE_CA_FILE: file },
      /^There is no secure connection to Postgres: its certificate has expired\. Renew .*\n$/,
    ],
    [
      'a server without TLS',
      { DATABASE_URL: plain('require') },
      /^There is no secure connection to Postgres: it does not offer TLS\. .*sslmode=disable in DATABASE_URL\.\n$/,
    ],
    [
      'no TLS where the server asks for it',
      { DATABASE_URL: address('') },
      /^Postgres refuses the user or the password: .* encrypted connections only, add sslmode=require to DATABASE_URL\.\n$/,
    ],
  ])('%s', async (_name, env, said) => {
    const { code, stderr } = await runCommand(['status'], env);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringMatching(said) as string });
  });

  test('a good connection gets no message', async () => {
    const { code, stderr } = await runCommand(['status'], { DATABASE_URL: address('sslmode=require') });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

test('the pages and the API answer 503, like in any other outage', async () => {
  const untrusted = openStore(address('sslmode=verify-full'), { max: 1 });
  const { app } = await testApp({ store: untrusted });
  const answer = await app.inject({
    url: '/api/v1/integrations',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'database_unavailable' });
  await untrusted.close();
});

test('a password with #, %, @ and ü reaches the server, and after a wrong one the error mentions encoding', async () => {
  const name = `role_${Date.now()}`;
  const password = 'p#%/?@ü ß';
  await store.pool.query(`create role ${name} login password '${password}'`);
  try {
    const url = new URL(store.url);
    url.username = name;
    url.password = encodeURIComponent(password);
    expect(await ask(url.href)).toEqual({ one: 1 });
    url.password = 'wrong';
    const { code, stderr } = await runCommand(['status'], { DATABASE_URL: url.href });
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /^Postgres refuses the user or the password: .*must be percent-encoded, for example # as %23\.\n$/,
    );
  } finally {
    await store.pool.query(`drop role ${name}`);
  }
});
