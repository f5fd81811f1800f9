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
 * The address of Temporal and the credentials, from the variables and the profile file of the `temporal` CLI:
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
    // The variables were checked before, so the file is wrong. Only the first line: the rest quotes the file and keys.
    const [said] = (error instanceof Error ? error.message : String(error)).split('\n');
    const name = env['TEMPORAL_PROFILE'] ? 'TEMPORAL_PROFILE' : 'TEMPORAL_CONFIG_FILE';
    throw new ConfigError([{ name, problem: `cannot be used: ${said}` }]);
  }
}

/** The address of Temporal as host:port. */
export function temporalAddress(): string {
  return readEnvironment().connectionOptions.address ?? DEFAULT_ADDRESS;
}

/** Connects now. @throws if the server does not answer within the timeout. */
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

/** Waits until a lazy handle is connected. @throws if the server does not answer. */
export async function ensureConnected({ connection }: TemporalHandle): Promise<void> {
  await connection.ensureConnected().catch(async (error: unknown) => {
    throw await withReason(error);
  });
}

/** Finds the reason on the network if nothing answers, since neither client names the address and the reason. */
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
