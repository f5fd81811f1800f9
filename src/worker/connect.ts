import { NativeConnection } from '@temporalio/worker';
import { readEnvironment, withReason } from '../temporal/connect.ts';

/** The connection of a worker; it is another library underneath, with the same settings. @throws when there is none. */
export async function connectWorker(): Promise<{ connection: NativeConnection; namespace: string }> {
  const { connectionOptions, namespace } = readEnvironment();
  const { address, tls, apiKey, metadata } = connectionOptions;
  const connection = await NativeConnection.connect({
    ...(address === undefined ? {} : { address }),
    ...(tls === undefined ? {} : { tls }),
    ...(typeof apiKey === 'string' ? { apiKey } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  }).catch(async (error: unknown) => {
    throw await withReason(error);
  });
  return { connection, namespace };
}
