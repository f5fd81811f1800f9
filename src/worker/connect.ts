import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import { defined } from '../domain/defined.ts';
import { temporalProxy } from '../settings/proxy.ts';
import type { PayloadCodec } from '@temporalio/common';
import { readEnvironment, withReason } from '../temporal/connect.ts';
import { payloadCodecs } from '../temporal/payloads/codecs.ts';

/** The connection of a worker; it is another library underneath, with the same settings. @throws when there is none. */
export async function connectWorker(): Promise<{
  connection: NativeConnection;
  namespace: string;
  dataConverter: { payloadCodecs: PayloadCodec[] };
}> {
  const dataConverter = { payloadCodecs: await payloadCodecs() };
  const { connectionOptions, namespace } = readEnvironment();
  const { address, tls, apiKey, metadata } = connectionOptions;
  const key = typeof apiKey === 'string' ? apiKey : undefined;
  const proxy = proxyTo(address);
  const options = defined({ address, tls, apiKey: key, metadata, proxy });
  const connection = await NativeConnection.connect(options).catch(async (error: unknown) => {
    throw await withReason(error);
  });
  return { connection, namespace, dataConverter };
}

/** The proxy that commands and `serve` use too; their client finds it without help. */
function proxyTo(address: string | undefined): NativeConnectionOptions['proxy'] {
  const proxy = address === undefined ? undefined : temporalProxy(address);
  return proxy && { type: 'http-connect', targetHost: proxy.address, ...defined({ basicAuth: proxy.user }) };
}
