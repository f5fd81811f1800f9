import { ScheduleClient, type Client, type ScheduleSummary } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { defined } from '../domain/defined.ts';

/** The server gives no more at once. */
const PAGE = 1_000;

/**
 * The schedules of the namespace, those of other applications too. A memo that cannot be read counts as none: one that another
 * application has encrypted must not keep you from listing your own.
 */
export function allSchedules(client: Client, query?: string): AsyncIterable<ScheduleSummary> {
  const { namespace, loadedDataConverter } = client.options;
  const schedules = new ScheduleClient({
    connection: client.connection,
    namespace,
    dataConverter: { payloadCodecs: [forgiving(loadedDataConverter.payloadCodecs)] },
  });
  return schedules.list({ pageSize: PAGE, ...defined({ query }) });
}

/** Encodings that the SDK reads by itself. */
const READABLE = new Set(['json/plain', 'binary/null', 'binary/plain', 'json/protobuf', 'binary/protobuf']);
const NOTHING: Payload = { metadata: { encoding: Buffer.from('binary/null') } };

function forgiving(codecs: readonly PayloadCodec[]): PayloadCodec {
  const decode = async (payload: Payload): Promise<Payload> => {
    let decoded: Payload | undefined = payload;
    try {
      for (const codec of codecs) [decoded] = await codec.decode([decoded ?? NOTHING]);
    } catch {
      return NOTHING;
    }
    const encoding = decoded?.metadata?.['encoding'];
    return decoded && encoding && READABLE.has(Buffer.from(encoding).toString()) ? decoded : NOTHING;
  };
  return {
    encode: (payloads) => Promise.resolve(payloads),
    decode: (payloads) => Promise.all(payloads.map(decode)),
  };
}
