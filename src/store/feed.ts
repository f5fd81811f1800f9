import type pg from 'pg';
import type { ChangeOp } from '../domain/change-ops.ts';
import type { Store } from './database.ts';

/** An entry of the change feed: the row behind it is in `kombo.<tableName>`. */
export interface Change {
  /** Position in the feed: increasing, with gaps. A text, because it may be too large for a safe integer. */
  seq: string;
  integrationId: string;
  tableName: string;
  id: string;
  op: ChangeOp;
  at: Date;
  /** Fields that had another value before, without changed_at; null if there was no record before, or it was erased. */
  changedFields: string[] | null;
}

export const CHANGES_CHANNEL = 'kombo_sync_changes';

/**
 * SQLSTATEs of `kombo_sync.read_changes` if changes after the position were removed, or the position itself is lost.
 */
const REMOVED: readonly unknown[] = ['KS001', 'KS002'];

/** Changes after the position were removed, so reading would skip them. The command line and the API add the remedy. */
export class ChangesRemoved extends Error {
  override name = 'ChangesRemoved';
}

interface ReadOptions {
  after: string;
  limit: number;
  integrationId?: string | undefined;
  table?: string | undefined;
}

interface ChangeRow {
  seq: string;
  integration_id: string;
  table_name: string;
  id: string;
  op: ChangeOp;
  at: Date;
  changed_fields: string[] | null;
}

/**
 * Changes after a position, in order. It never skips a change that commits late: the feed is read only up to its
 * horizon, below which no transaction is open (see `kombo_sync.changes_horizon`).
 *
 * @returns the changes that match, and the position to continue from, which may be past the last match.
 * @throws ChangesRemoved if changes after the position are no longer kept.
 */
export async function readChanges(
  store: Store,
  options: ReadOptions,
): Promise<{ changes: Change[]; position: string }> {
  return readFeed(store.pool, options);
}

async function readFeed(
  client: pg.ClientBase | pg.Pool,
  options: ReadOptions,
): Promise<{ changes: Change[]; position: string }> {
  const { rows } = await client
    .query<ChangeRow>(
      'select seq::text, integration_id, table_name, id, op, at, changed_fields from kombo_sync.read_changes($1, $2)',
      [options.after, options.limit],
    )
    .catch((error: { code?: string; message: string; detail?: string }) => {
      if (!REMOVED.includes(error.code)) throw error;
      throw new ChangesRemoved(`${error.message} ${error.detail}`, { cause: error });
    });
  const changes = rows.filter(
    (row) =>
      (options.integrationId === undefined || row.integration_id === options.integrationId) &&
      (options.table === undefined || row.table_name === options.table),
  );
  return {
    changes: changes.map((row) => ({
      seq: row.seq,
      integrationId: row.integration_id,
      tableName: row.table_name,
      id: row.id,
      op: row.op,
      at: row.at,
      changedFields: row.changed_fields,
    })),
    position: rows.at(-1)?.seq ?? options.after,
  };
}

/** The end of the feed: start here to see only new changes. */
export async function latestPosition(store: Store): Promise<string> {
  const { rows } = await store.pool.query<{ position: string }>(
    'select kombo_sync.changes_horizon()::text as position',
  );
  return rows[0]!.position;
}

/** The position before the oldest change that is kept. */
export async function oldestPosition(store: Store): Promise<string> {
  const { rows } = await store.pool.query<{ position: string }>(
    'select kombo_sync.changes_oldest()::text as position',
  );
  return rows[0]!.position;
}

const POLL_MS = 5_000;
/** A pooler may lend the listening connection to others, and a notification would be lost. */
const POOLED_POLL_MS = 1_000;
const RECONNECT_MS = 1_000;
const BATCH = 1_000;

/**
 * Follows the feed until the signal aborts. NOTIFY wakes it at once. In case a notification is lost, it also looks
 * every five seconds, behind a pooler every second. A connection that breaks is replaced.
 *
 * @throws if a new connection does not work either; ChangesRemoved if it falls behind the changes that are kept.
 */
export async function* followChanges(
  store: Store,
  options: Omit<ReadOptions, 'limit'> & { signal: AbortSignal },
): AsyncGenerator<Change> {
  const { signal } = options;
  let wake = () => {};
  const onWake = () => wake();
  const nextWake = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  let after = options.after;
  signal.addEventListener('abort', onWake);
  try {
    while (!signal.aborted) {
      const client = await store.direct.connect();
      const { isThere: isPooled } = store.direct.pooler;
      client.on('notification', onWake);
      // Wake it: its next read fails.
      client.on('error', onWake);
      let hasRead = false;
      try {
        if (!isPooled) await client.query(`listen ${CHANGES_CHANNEL}`);
        while (!signal.aborted) {
          const woken = nextWake();
          const { changes, position } = await readFeed(client, { ...options, after, limit: BATCH });
          hasRead = true;
          yield* changes;
          if (position === after) await waitFor(woken, isPooled ? POOLED_POLL_MS : POLL_MS);
          after = position;
        }
      } catch (error) {
        // If this connection never worked, another one would not either.
        if (!hasRead || error instanceof ChangesRemoved) throw error;
      } finally {
        client.off('notification', onWake).off('error', onWake);
        client.release(true);
      }
      if (!signal.aborted) await waitFor(nextWake(), RECONNECT_MS);
    }
  } finally {
    signal.removeEventListener('abort', onWake);
  }
}

async function waitFor(woken: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([woken, promise]);
  clearTimeout(timer);
}

const NOTIFY_INTERVAL_MS = 200;

/**
 * Wakes readers of the feed after commits. NOTIFY inside a transaction makes commits queue behind one lock, so this
 * sends it separately, at most five times a second. A reader that misses one polls.
 */
export function createChangeNotifier(store: Store): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      store.pool.query(`notify ${CHANGES_CHANNEL}`).catch(() => {});
    }, NOTIFY_INTERVAL_MS).unref();
  };
}

const STRETCH = 1_000;
/** How many stretches are searched for one page, so that it returns soon even if matches are rare. */
const MAX_STRETCHES = 10;

export interface MatchingChanges {
  changes: Change[];
  /** Position to continue after; past the last match if later changes did not match. */
  next: string;
  /** Whether there may be more to read now. */
  more: boolean;
}

/** Stands for the position before the oldest change that is kept. */
export const OLDEST = 'oldest';

/**
 * A page of the feed, of all changes or only of those of an integration or a table.
 *
 * @param options.after a position, or `oldest`.
 */
export async function readMatchingChanges(store: Store, options: ReadOptions): Promise<MatchingChanges> {
  const { limit, integrationId, table } = options;
  const all = integrationId === undefined && table === undefined;
  const stretch = all ? limit : STRETCH;
  const changes: Change[] = [];
  let after = options.after === OLDEST ? await oldestPosition(store) : options.after;
  for (let stretches = 0; stretches < MAX_STRETCHES; stretches += 1) {
    const read = await readChanges(store, { after, limit: stretch, integrationId, table });
    changes.push(...read.changes);
    if (changes.length >= limit) {
      const page = changes.slice(0, limit);
      const next = changes.length > limit ? page.at(-1)!.seq : read.position;
      return { changes: page, next, more: true };
    }
    if (read.position === after) return { changes, next: after, more: false };
    after = read.position;
    if (all) return { changes, next: after, more: false };
  }
  return { changes, next: after, more: true };
}
