import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { cli } from './spawn.ts';

const store = await createTestStore();
const folder = mkdtempSync(path.join(tmpdir(), 'kombo-sync-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [certFile, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
const made = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', keyFile, '-out', certFile];
execFileSync('openssl', ['req', ...made.split(' '), ...names], { stdio: 'ignore' });

/** A server that only does TLS, which is as far as a client gets if TLS fails. */
async function tlsServer(options: TlsOptions = {}): Promise<string> {
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const server = createServer({ ...pair, ALPNProtocols: ['h2'], ...options }, (socket) => {
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `localhost:${(server.address() as AddressInfo).port}`;
}

const show = async (env: Record<string, string>) =>
  (await cli(['schedule', 'show', 'x:1'], { DATABASE_URL: store.url, ...env })).stderr;

test('a certificate without a trusted signature is named as the reason', async () => {
  const TEMPORAL_ADDRESS = await tlsServer();
  expect(await show({ TEMPORAL_ADDRESS, TEMPORAL_TLS: 'true' })).toBe(
    `There is no secure connection to Temporal: DEPTH_ZERO_SELF_SIGNED_CERT at ${TEMPORAL_ADDRESS}. ` +
      'Check TEMPORAL_TLS, TEMPORAL_API_KEY and the certificates that TEMPORAL_TLS_… name.\n',
  );
});

test('a server that wants TLS is distinguished from one that is away', async () => {
  const TEMPORAL_ADDRESS = await tlsServer();
  expect(await show({ TEMPORAL_ADDRESS })).toContain(
    `the server at ${TEMPORAL_ADDRESS} wants TLS, which is off. Set TEMPORAL_TLS=true.`,
  );
});

test('a server that wants a client certificate is reported as such', async () => {
  const TEMPORAL_ADDRESS = await tlsServer({ requestCert: true, rejectUnauthorized: true });
  const said = await show({ TEMPORAL_ADDRESS, TEMPORAL_TLS_SERVER_CA_CERT_PATH: certFile });
  expect(said).toMatch(
    /^There is no secure connection to Temporal: ERR_SSL_.*CERTIFICATE_REQUIRED at localhost/,
  );
});
