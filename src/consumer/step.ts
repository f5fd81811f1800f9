import type pg from 'pg';
import { readCopies } from './copy.ts';
import { keepAside, nextRetry, setAside, settle } from './failures.ts';
import { nextStretch, readEntries, withRows } from './feed.ts';
import { begin, finish, type Locked, type Position } from './position.ts';
import { messageOf, type Settings } from './settings.ts';
import type { Change } from './types.ts';

/** The handler has thrown; the transaction is undone. */
export class HandlerFailed extends Error {
  override name = 'HandlerFailed';
  readonly changes: Change[];

  constructor(changes: Change[], cause: unknown) {
    super(messageOf(cause), { cause });
    this.changes = changes;
  }
}

/** What one transaction did, and whether it has come to the end that `until` names. */
export interface Step {
  did: 'handled' | 'idle' | 'lost';
  isDone: boolean;
  /** How much of the feed the next one looks through. */
  stretch?: number;
}

const LOST: Step = { did: 'lost', isDone: false };

interface StepOptions {
  holder: string;
  /** Changes at most. */
  limit: number;
  /** How many changes of any table it looks through. */
  stretch: number;
  /** Message of the error for which the next change is set aside instead of handled. */
  skip: string | undefined;
}

const KEEP_ALIVE_MS = 5_000;

/** One batch: reads it, hands it over and moves the position, all in one transaction. */
export async function takeStep(
  client: pg.ClientBase,
  settings: Settings,
  options: StepOptions,
): Promise<Step> {
  try {
    const locked = await begin(client, settings, options.holder);
    if (locked) return await advance(client, settings, options, locked);
    await client.query('commit');
    return LOST;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function advance(
  client: pg.ClientBase,
  settings: Settings,
  { limit, stretch, skip }: StepOptions,
  { position, hasRetries }: Locked,
): Promise<Step> {
  const retried = hasRetries && skip === undefined ? await nextRetry(client, settings) : undefined;
  if (retried) {
    await retry(client, settings, retried);
    await finish(client, settings, position);
    return { did: 'handled', isDone: false };
  }
  const { changes, next } = await readNext(client, settings, position, { limit, stretch });
  const [first] = changes;
  if (first && skip !== undefined) await setAside(client, settings, first, skip);
  else if (first) await hand(client, settings, changes);
  await finish(client, settings, next);
  const hasMoved = first !== undefined || next.seq > position.seq || position.copying !== null;
  return {
    did: hasMoved ? 'handled' : 'idle',
    isDone: isAtEnd(settings, next),
    stretch: nextStretch(stretch, limit, changes.length),
  };
}

const isAtEnd = ({ until }: Settings, { seq, copying }: Position) =>
  until !== undefined && copying === null && seq >= until;

async function readNext(
  client: pg.ClientBase,
  settings: Settings,
  position: Position,
  { limit, stretch }: { limit: number; stretch: number },
): Promise<{ changes: Change[]; next: Position }> {
  if (position.copying) {
    const { changes, position: next } = await readCopies(client, settings, position, limit);
    return { changes, next };
  }
  const { entries, seq } = await readEntries(client, settings, position.seq, { limit, stretch });
  return { changes: await withRows(client, settings, entries), next: { seq, copying: null } };
}

/** On a savepoint: what fails again is set aside again, and holds nothing up. */
async function retry(client: pg.ClientBase, settings: Settings, change: Change): Promise<void> {
  await client.query('savepoint kombo_sync_retry');
  try {
    await hand(client, settings, [change]);
    await settle(client, settings, change);
  } catch (error) {
    if (!(error instanceof HandlerFailed)) throw error;
    await client.query('rollback to savepoint kombo_sync_retry');
    await keepAside(client, settings, change, error.message);
  }
}

async function hand(client: pg.ClientBase, settings: Settings, changes: Change[]): Promise<void> {
  // While the handler waits for something else, this says that its process lives.
  const keepAlive = setInterval(() => void client.query('select').catch(() => {}), KEEP_ALIVE_MS);
  try {
    await settings.handle({ changes, tx: client });
  } catch (error) {
    throw new HandlerFailed(changes, error);
  } finally {
    clearInterval(keepAlive);
  }
  const status = (client as { getTransactionStatus?(): string | null }).getTransactionStatus?.();
  if (status === 'I') {
    const error = new Error(
      'The handler has ended the transaction of tx. Leave commit and rollback to kombo-sync.',
    );
    throw new HandlerFailed(changes, error);
  }
  if (status === 'E') {
    const error = new Error(
      'A statement of the handler on tx has failed, and the handler did not say so by throwing.',
    );
    throw new HandlerFailed(changes, error);
  }
}
