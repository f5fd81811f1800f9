import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { temporalEnvironment } from '../config.ts';
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

function toHandle(connection: Connection, namespace: string, settled: () => Promise<void>): TemporalHandle {
  const client = new Client({ connection, namespace });
  return { client, connection, namespace, close: () => settled().then(() => connection.close()) };
}
