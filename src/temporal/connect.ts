import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Duration, PayloadCodec } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ConfigError } from '../config-error.ts';
import { temporalEnvironment } from '../config.ts';
import { NoConnection, outageOf } from '../outages/index.ts';
import { clientInterceptors } from '../tracing/index.ts';
import { addressIssues } from '../settings/temporal.ts';
import { whyNoAnswer } from './no-answer.ts';
import { outageOptions } from './outages.ts';
import { payloadCodecs } from './payloads/codecs.ts';

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
  const env = temporalEnvironment();
  const { connectionOptions, namespace } = load(env);
  const { address = DEFAULT_ADDRESS } = connectionOptions;
  const issues = addressIssues('The address in the profile of Temporal', address);
  if (issues.length > 0) throw new ConfigError(issues);
  return { connectionOptions: { ...connectionOptions, address }, namespace: namespace ?? 'default' };
}

function load(env: Record<string, string>): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig({ overrideEnvVars: env });
  } catch (error) {
    // The variables were looked at before, so it is the file. Only the first line: the rest quotes the file, keys included.
    const [said] = (error instanceof Error ? error.message : String(error)).split('\n');
    const name = env['TEMPORAL_PROFILE'] ? 'TEMPORAL_PROFILE' : 'TEMPORAL_CONFIG_FILE';
    throw new ConfigError([{ name, problem: `cannot be used: ${said}` }]);
  }
}

/** host:port that would be connected to. */
export function temporalAddress(): string {
  return readEnvironment().connectionOptions.address ?? DEFAULT_ADDRESS;
}

/** Connects now. @throws when the server does not answer within the timeout, five seconds unless told. */
export async function connectTemporal(timeout: Duration = CONNECT_TIMEOUT): Promise<TemporalHandle> {
  const { connectionOptions, namespace } = readEnvironment();
  const codecs = await payloadCodecs();
  const { options, settled } = outageOptions();
  const connection = await Connection.connect({
    ...connectionOptions,
    ...options,
    connectTimeout: timeout,
  }).catch(async (error: unknown) => {
    throw await withReason(error);
  });
  return toHandle(connection, namespace, codecs, settled);
}

/** Connects at the first call, so that a process starts while Temporal is down. */
export async function lazyTemporal(): Promise<TemporalHandle> {
  const { connectionOptions, namespace } = readEnvironment();
  const codecs = await payloadCodecs();
  const { options, settled } = outageOptions();
  const connection = Connection.lazy({ ...connectionOptions, ...options, connectTimeout: CONNECT_TIMEOUT });
  return toHandle(connection, namespace, codecs, settled);
}

/** Waits until a lazy handle is connected. @throws when the server does not answer. */
export async function ensureConnected({ connection }: TemporalHandle): Promise<void> {
  await connection.ensureConnected().catch(async (error: unknown) => {
    throw await withReason(error);
  });
}

/** Where nothing answers, neither client says where that is and why: the network tells. */
export async function withReason(error: unknown): Promise<unknown> {
  const outage = outageOf(error);
  if (outage?.part !== 'temporal' || outage.kind !== 'away') return error;
  const { address = DEFAULT_ADDRESS, tls } = readEnvironment().connectionOptions;
  const { kind, reason } = await whyNoAnswer(address, tls);
  return new NoConnection(reason, kind, { cause: error });
}

function toHandle(
  connection: Connection,
  namespace: string,
  payloadCodecs: PayloadCodec[],
  settled: () => Promise<void>,
): TemporalHandle {
  const client = new Client({
    connection,
    namespace,
    dataConverter: { payloadCodecs },
    interceptors: { workflow: clientInterceptors() },
  });
  return { client, connection, namespace, close: () => settled().then(() => connection.close()) };
}
