import { createHash } from 'node:crypto';
import { ScheduleClient, type Client, type ScheduleSummary } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { defined } from '../domain/defined.ts';
import { fullSyncScheduleId } from '../domain/names.ts';
import type { SeenSchedule } from '../domain/schedule-health.ts';
import { grpcAnswer } from '../outages/index.ts';

/** Where a schedule keeps the task queue that it belongs to. */
export const OWNER = 'komboSyncQueue';

/** A schedule as a list shows it: a second or so later than it is. */
export interface ListedSchedule extends SeenSchedule {
  id: string;
  /** The task queue of the kombo-sync that made it; undefined when none did. */
  owner: string | undefined;
  /** Hash of when it runs and of what it starts, which changes with them. */
  readonly shown: string;
}

/** The server gives no more at once. */
const PAGE = 1_000;

/**
 * The schedules of the namespace by id, those of other applications too. Pages of a list only: what describing each would add
 * is not worth twenty thousand requests. A memo that cannot be read counts as none: one that another application has encrypted
 * must not keep you from listing your own.
 */
export async function listSchedules(client: Client, query?: string): Promise<Map<string, ListedSchedule>> {
  const { namespace, loadedDataConverter } = client.options;
  const schedules = new ScheduleClient({
    connection: client.connection,
    namespace,
    dataConverter: { payloadCodecs: [forgiving(loadedDataConverter.payloadCodecs)] },
  });
  const listed = new Map<string, ListedSchedule>();
  for await (const summary of schedules.list({ pageSize: PAGE, ...defined({ query }) })) {
    listed.set(summary.scheduleId, toListed(summary));
  }
  return listed;
}

const FULL_SYNCS = fullSyncScheduleId('');
/** Half of our schedules, so half of the time: a server needs up to a millisecond for each that it lists. */
const OF_FULL_SYNCS = `ScheduleId STARTS_WITH '${FULL_SYNCS}'`;
/** gRPC status code: https://grpc.io/docs/guides/status-codes/ */
const INVALID_ARGUMENT = 3;

/** Of these, the weekly full syncs, by integration. */
export async function listFullSyncs(client: Client, query?: string): Promise<Map<string, ListedSchedule>> {
  const listed = await (query === undefined ? listByPrefix(client) : listSchedules(client, query));
  const fullSyncs = [...listed.values()].filter(({ id }) => id.startsWith(FULL_SYNCS));
  return new Map(fullSyncs.map((schedule) => [schedule.id.slice(FULL_SYNCS.length), schedule]));
}

/** A server that cannot look for a prefix lists all schedules. */
async function listByPrefix(client: Client): Promise<Map<string, ListedSchedule>> {
  try {
    return await listSchedules(client, OF_FULL_SYNCS);
  } catch (error) {
    if (grpcAnswer(error)?.code !== INVALID_ARGUMENT) throw error;
    return listSchedules(client);
  }
}

function toListed({ scheduleId, state, memo, spec, action, info }: ScheduleSummary): ListedSchedule {
  const owner = memo?.[OWNER];
  return {
    id: scheduleId,
    paused: state.paused,
    note: state.note || null,
    nextRun: info.nextActionTimes[0] ?? null,
    lastRun: info.recentActions.at(-1)?.takenAt ?? null,
    owner: typeof owner === 'string' ? owner : undefined,
    // Most readers of a list do not need it.
    get shown() {
      return createHash('sha256')
        .update(JSON.stringify([spec, action]))
        .digest('hex')
        .slice(0, 16);
    },
  };
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
