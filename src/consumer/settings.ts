import type pg from 'pg';
import type { Change, ConsumeOptions, Failure, Verdict } from './types.ts';

/** The options with their defaults, without the types of tables, which only callers need. */
export interface Settings {
  consumer: string;
  tables: readonly string[] | null;
  from: 'beginning' | 'now' | number;
  batch: number;
  until: number | undefined;
  signal: AbortSignal;
  /** Quoted names of the schemas. */
  data: string;
  service: string;
  handle(batch: { changes: Change[]; tx: pg.ClientBase }): Promise<void> | void;
  onError(failure: Failure): Verdict | void | Promise<Verdict | void>;
}

const MAX_BATCH = 10_000;
const MAX_NAME = 200;

/** @throws TypeError when an option cannot be. */
export function readSettings(options: ConsumeOptions): Settings {
  const { consumer, tables, from = 'now', batch = 500, until } = options;
  if (typeof consumer !== 'string' || consumer === '' || consumer.length > MAX_NAME) {
    throw new TypeError(
      `consumer must be a name of 1 to ${MAX_NAME} characters, for example 'search-index'.`,
    );
  }
  if (!Number.isInteger(batch) || batch < 1 || batch > MAX_BATCH) {
    throw new TypeError(`batch must be a whole number from 1 to ${MAX_BATCH}.`);
  }
  if (from !== 'beginning' && from !== 'now' && !(Number.isSafeInteger(from) && from >= 0)) {
    throw new TypeError(`from must be 'beginning', 'now' or a position of the feed.`);
  }
  if (until !== undefined && !(Number.isSafeInteger(until) && until >= 0)) {
    throw new TypeError('until must be a position of the feed.');
  }
  if (tables?.length === 0) throw new TypeError('tables names no table. Leave it out for all of them.');
  if (typeof options.handle !== 'function') throw new TypeError('handle must be a function.');
  if ((options.pool === undefined) === (options.connectionString === undefined)) {
    throw new TypeError('Pass either connectionString or pool.');
  }
  return {
    consumer,
    tables: tables ? [...tables] : null,
    from,
    batch,
    until,
    signal: options.signal ?? new AbortController().signal,
    data: quote(options.dataSchema ?? 'kombo'),
    service: quote(options.serviceSchema ?? 'kombo_sync'),
    handle: (given) => options.handle(given),
    onError: (failure) => (options.onError ? options.onError(failure) : warn(failure)),
  };
}

export const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

function warn({ error, change }: Failure): void {
  const about = change ? `${change.op} ${change.table} at position ${change.seq}` : 'reading the change feed';
  process.emitWarning(`${about}: ${messageOf(error)}; it is tried again`, 'KomboSyncConsumer');
}

/** When a host has several addresses, each has its own error, and the error that holds them has no message. */
export function messageOf(error: unknown): string {
  const { message, code } = error as { message?: unknown; code?: unknown };
  const text = [message, code, error].find((part) => typeof part === 'string' && part !== '');
  return (text as string | undefined) ?? 'Unknown error';
}
