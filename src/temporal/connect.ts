import { connect as connectSocket } from 'node:net';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { temporalEnvironment } from '../config.ts';
import { codeAndPeer, NoConnection, outageOf } from '../outages/index.ts';
import { outageOptions } from './outages.ts';

export interface TemporalHandle {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  close(): Promise<void>;
}

const DEFAULT_ADDRESS = 'localhost:7233';
const CONNECT_TIMEOUT = '5s';

/**
 * Where Temporal is and how to get in, by the variables and the profile file of the `temporal` CLI:
 * https://docs.temporal.io/develop/environment-configuration
 */
export function readEnvironment(): { connectionOptions: ConnectionOptions; namespace: string } {
  const { connectionOptions, namespace } = loadClientConnectConfig({
    overrideEnvVars: temporalEnvironment(),
  });
  return {
    connectionOptions: { address: DEFAULT_ADDRESS, ...connectionOptions },
    namespace: namespace ?? 'default',
  };
}

/** host:port that would be connected to. */
export function temporalAddress(): string {
  return readEnvironment().connectionOptions.address ?? DEFAULT_ADDRESS;
}

/** Connects now. @throws when the server does not answer within the timeout, five seconds unless told. */
export async function connectTemporal(timeout: Duration = CONNECT_TIMEOUT): Promise<TemporalHandle> {
  const { connectionOptions, namespace } = readEnvironment();
  const { options, settled } = outageOptions();
  const connection = await Connection.connect({
    ...connectionOptions,
    ...options,
    connectTimeout: timeout,
  }).catch(async (error: unknown) => {
    throw await withReason(error);
  });
  return toHandle(connection, namespace, settled);
}

/** Connects at the first call, so that a process starts while Temporal is down. */
export function lazyTemporal(): TemporalHandle {
  const { connectionOptions, namespace } = readEnvironment();
  const { options, settled } = outageOptions();
  const connection = Connection.lazy({ ...connectionOptions, ...options, connectTimeout: CONNECT_TIMEOUT });
  return toHandle(connection, namespace, settled);
}

/** Waits until a lazy handle is connected. @throws when the server does not answer. */
export async function ensureConnected({ connection }: TemporalHandle): Promise<void> {
  await connection.ensureConnected().catch(async (error: unknown) => {
    throw await withReason(error);
  });
}

const KNOCK_MS = 1_000;

/** Where nothing answers, neither client says where that is and why: the network tells. */
export async function withReason(error: unknown): Promise<unknown> {
  const outage = outageOf(error);
  if (outage?.part !== 'temporal' || outage.kind !== 'away') return error;
  const address = temporalAddress();
  const found = codeAndPeer(await knock(address));
  return new NoConnection(found?.reason ?? `no answer at ${address}`, { cause: error });
}

/** Why no connection can be made to an address; undefined when one can, or takes too long. */
async function knock(address: string): Promise<Error | undefined> {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  if (!host || !port) return undefined;
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  const socket = connectSocket({ host, port: Number(port), timeout: KNOCK_MS });
  socket
    .once('connect', () => resolve(undefined))
    .once('timeout', () => resolve(undefined))
    .once('error', resolve);
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function toHandle(connection: Connection, namespace: string, settled: () => Promise<void>): TemporalHandle {
  const client = new Client({ connection, namespace });
  return { client, connection, namespace, close: () => settled().then(() => connection.close()) };
}
