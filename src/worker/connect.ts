import { NativeConnection } from '@temporalio/worker';
import { defined } from '../domain/defined.ts';
import { readEnvironment, withReason } from '../temporal/connect.ts';

/** The connection of a worker; it is another library underneath, with the same settings. @throws when there is none. */
export async function connectWorker(): Promise<{ connection: NativeConnection; namespace: string }> {
  const { connectionOptions, namespace } = readEnvironment();
  const { address, tls, apiKey, metadata } = connectionOptions;
  const key = typeof apiKey === 'string' ? apiKey : undefined;
  const options = defined({ address, tls, apiKey: key, metadata });
  const connection = await NativeConnection.connect(options).catch(async (error: unknown) => {
    throw await withReason(error);
  });
  return { connection, namespace };
}
