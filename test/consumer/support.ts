import type pg from 'pg';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { consumeChanges, type Batch, type ConsumeOptions } from '../../src/consumer/index.ts';
import { ask, PLAIN, write, type Sent } from '../store/support.ts';
import type { TestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';

export const TAGS = '/ats/tags';
export const INTEGRATION = 'personio:consumer';

/** Writes tags as a page of a pass does. */
export async function writeTags(
  store: TestStore,
  tags: readonly Sent[],
  integration = INTEGRATION,
): Promise<void> {
  await write(store, integration, getEndpoint(TAGS).path, tags, await ask(store), PLAIN);
}

export const tag = (id: string, name: string, more: Record<string, unknown> = {}) => ({ id, name, ...more });

let names = 0;
export const newName = () => `consumer ${(names += 1)}`;

interface Running {
  name: string;
  /** Everything that the handler was given, in order. */
  seen: Batch['changes'];
  stop(): Promise<void>;
  /** Of the call itself. */
  ended: Promise<void>;
}

/** Consumes until the test is done with it. */
export function consume(store: TestStore, options: Partial<ConsumeOptions> = {}): Running {
  const abort = new AbortController();
  const seen: Batch['changes'] = [];
  const name = options.consumer ?? newName();
  const { handle, ...more } = options;
  const ended = consumeChanges({
    connectionString: store.url,
    consumer: name,
    from: 0,
    signal: abort.signal,
    async handle(batch) {
      await handle?.(batch);
      seen.push(...batch.changes);
    },
    onError: () => 'retry',
    ...more,
  });
  // A test that expects it to fail looks at `ended` itself.
  ended.catch(() => {});
  return { name, seen, ended, stop: () => (abort.abort(), ended) };
}

/** Waits until a consumer has handled all that is in the feed. */
export async function caughtUp(store: TestStore, name: string): Promise<void> {
  await eventually(async () => {
    const { rows } = await store.pool.query<{ done: boolean }>(
      `select copying_table is null and not exists (select from kombo_sync.changes c where c.seq > o.seq) as done
       from kombo_sync.consumers o where name = $1`,
      [name],
    );
    return rows[0]?.done === true;
  });
}

export async function consumerRow(
  store: TestStore,
  name: string,
): Promise<Record<string, unknown> | undefined> {
  const { rows } = await store.pool.query<Record<string, unknown>>(
    'select * from kombo_sync.consumers where name = $1',
    [name],
  );
  return rows[0];
}

/** A table of the user, in which each change counts once. */
export async function makeTally(store: TestStore): Promise<void> {
  await store.pool.query(
    'create schema mine; create table mine.tally (consumer text, seq bigint, id text, name text, row_seq bigserial)',
  );
}

export const tallyOf = (name: string) => async (tx: pg.ClientBase, changes: Batch['changes']) => {
  for (const { seq, id, row } of changes) {
    await tx.query('insert into mine.tally values ($1, $2, $3, $4)', [
      name,
      seq,
      id,
      (row as { name?: string })?.name,
    ]);
  }
};
