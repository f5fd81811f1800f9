import type pg from 'pg';
import type { ChangeOp } from '../domain/change-ops.ts';
import type { KomboTables } from '../tables/index.ts';

/** A table of schema `kombo`. */
export type TableName = keyof KomboTables;

/** A change of a row of one table. */
export interface ChangeOf<Table extends TableName> {
  /**
   * Position in the feed. Changes come in this order. The rows that `from: 'beginning'` hands over first all have the position
   * from which the feed continues.
   */
  seq: number;
  integrationId: string;
  /** Your own id of the customer, if the integration has one. */
  originId: string | null;
  table: Table;
  /** Kombo's id of the record. */
  id: string;
  op: ChangeOp;
  /** When it was written here. */
  at: Date;
  /**
   * Fields that had another value before; for a nested change the field that holds it. Null if there was no record before, or it
   * was erased.
   */
  changedFields: ((keyof KomboTables[Table] & string) | (string & {}))[] | null;
  /** The row as it is now, which may be newer than the change. Null if it was erased. */
  row: KomboTables[Table] | null;
}

/** A change; `table` tells which type its row has. */
export type Change<Table extends TableName = TableName> = { [T in Table]: ChangeOf<T> }[Table];

export interface Batch<Table extends TableName = TableName> {
  /** In the order of the feed; never empty. */
  changes: Change<Table>[];
  /**
   * The client whose transaction moves the position. What you write with it counts exactly once. Do not commit or roll back.
   */
  tx: pg.ClientBase;
}

export interface Failure<Table extends TableName = TableName> {
  error: unknown;
  /** The change that could not be handled; undefined if the database or the connection has failed. */
  change: Change<Table> | undefined;
  /** How often this has failed in a row, from 1. */
  attempt: number;
}

/** `retry` after a pause, `skip` this change into `kombo_sync.consumer_failures`, or `stop` with the error. */
export type Verdict = 'retry' | 'skip' | 'stop';

export interface ConsumeOptions<Table extends TableName = TableName> {
  /** The database of kombo-sync. */
  connectionString?: string;
  /** Or a pool. One of its connections is held as long as this consumes. */
  pool?: pg.Pool;
  /** The name that the position is kept under. Of several processes with one name, one works and the others stand by. */
  consumer: string;
  /** Only changes of these tables. */
  tables?: readonly Table[];
  /**
   * Where a new name begins: with every live row and then the feed, with what comes from now on (default), or after a position.
   * A name that is known continues where it was.
   */
  from?: 'beginning' | 'now' | number;
  /** Changes in one call at most (500). */
  batch?: number;
  /** Ends it when every change up to this position of the feed is handled. Without it, it waits for more. */
  until?: number;
  /** Ends it, after the batch that is being handled. */
  signal?: AbortSignal;
  /** The settings DATA_SCHEMA and SERVICE_SCHEMA, if you changed them. */
  dataSchema?: string;
  serviceSchema?: string;
  /** Your logic. If it throws, its transaction is undone and it is called again, with single changes at first. */
  handle(batch: Batch<Table>): Promise<void> | void;
  /**
   * What to do about a failure. Without it, each failure is a warning of the process and is tried again, with growing pauses
   * of up to 30 seconds.
   */
  onError?(failure: Failure<Table>): Verdict | void | Promise<Verdict | void>;
}
