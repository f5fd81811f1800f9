import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { TLSConfig } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { codeAndPeer } from '../outages/index.ts';
import { temporalProxy } from '../settings/proxy.ts';

const KNOCK_MS = 1_000;
/** A server that wants another client certificate says so after the handshake. */
const AFTERTHOUGHT_MS = 300;

export interface NoAnswer {
  kind: 'away' | 'untrusted';
  /** Where it was tried and why it failed. */
  reason: string;
}

/** Finds out, by TCP and TLS, why Temporal's clients get no answer from an address. */
export async function whyNoAnswer(
  address: string,
  tls: TLSConfig | boolean | null | undefined,
): Promise<NoAnswer> {
  const proxy = temporalProxy(address);
  const failed = await knock(proxy?.address ?? address);
  if (failed) {
    const reason = codeAndPeer(failed)?.reason ?? failed.message;
    return { kind: 'away', reason: proxy ? `${reason}, the proxy on the way to ${address}` : reason };
  }
  if (proxy) return { kind: 'away', reason: `no answer at ${address} by the proxy ${proxy.address}` };
  const untrusted = tls ? await tlsFailure(address, tls) : await speaksTls(address);
  return untrusted ?? { kind: 'away', reason: `no answer at ${address}` };
}

function hostAndPort(address: string): { host: string; port: number } {
  const [, host = address, port = '7233'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
  return { host, port: Number(port) };
}

/** Why a connection to an address fails; undefined if it succeeds or takes too long. */
function knock(address: string): Promise<Error | undefined> {
  return settle(connect({ ...hostAndPort(address), timeout: KNOCK_MS }), 'connect');
}

async function tlsFailure(address: string, tls: TLSConfig | true): Promise<NoAnswer | undefined> {
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = tls === true ? {} : tls;
  const { host } = hostAndPort(address);
  const options: ConnectionOptions = {
    servername: serverNameOverride ?? host,
    ...(serverRootCACertificate ? { ca: Buffer.from(serverRootCACertificate) } : {}),
    ...(clientCertPair
      ? { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }
      : {}),
  };
  const failed = await handshake(address, options);
  return (
    failed && { kind: 'untrusted', reason: `${codeAndPeer(failed)?.code ?? failed.message} at ${address}` }
  );
}

/** Tries TLS, since a server that wants it does not say so to a client without it. */
async function speaksTls(address: string): Promise<NoAnswer | undefined> {
  const failed = await handshake(address, { rejectUnauthorized: false });
  if (failed) return undefined;
  return {
    kind: 'untrusted',
    reason: `the server at ${address} wants TLS, which is off. Set TEMPORAL_TLS=true`,
  };
}

async function handshake(address: string, options: ConnectionOptions): Promise<Error | undefined> {
  const socket = connectTls({
    ...hostAndPort(address),
    ALPNProtocols: ['h2'],
    timeout: KNOCK_MS,
    ...options,
  });
  return settle(socket, 'secureConnect', AFTERTHOUGHT_MS);
}

/** The error of a socket; undefined if it becomes ready. A timeout is an error only if there is a handshake. */
async function settle(socket: Socket, ready: string, afterMs = 0): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  const late = () => resolve(afterMs > 0 ? new Error('no handshake in time') : undefined);
  const isReady = () =>
    void (afterMs > 0 ? delay(afterMs).then(() => resolve(undefined)) : resolve(undefined));
  socket.once(ready, isReady).once('timeout', late).once('error', resolve);
  try {
    return await promise;
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}
