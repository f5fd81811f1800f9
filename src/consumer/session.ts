import type pg from 'pg';
import { ConsumerStopped } from './errors.ts';
import { Alarm, pauseAfter } from './pause.ts';
import { noteError, register, release, renew, take } from './position.ts';
import { messageOf, type Settings } from './settings.ts';
import { HandlerFailed, takeStep, type Step } from './step.ts';

const CHANNEL = 'kombo_sync_changes';
/** Also how often an idle holder says that it lives. */
const POLL_MS = 2_000;
/** Behind a pooler that lends connections for one transaction, no notification arrives. */
const POOLED_POLL_MS = 1_000;
const STAND_BY_MS = 1_000;

/** What outlives a connection. */
export interface Progress {
  /** Tells this process from others of the same name. */
  holder: string;
  /** Changes in the next batch: one after a failure, so that the failing one is found, then more and more. */
  size: number;
  /** Changes of any table that the next batch looks through, if only some tables are wanted. */
  stretch: number;
  /** How often the next change has failed in a row. */
  attempt: number;
  skip: string | undefined;
  /** How often a connection has failed in a row. */
  lost: number;
}

/**
 * Consumes on one connection until the signal aborts, or all is done that `until` asks for.
 *
 * @throws when the connection or the database fails, or ConsumerStopped.
 */
export async function consumeOn(
  client: pg.ClientBase,
  settings: Settings,
  progress: Progress,
): Promise<void> {
  const { signal } = settings;
  const alarm = new Alarm();
  const ring = () => alarm.ring();
  client.on('notification', ring).on('error', ring);
  signal.addEventListener('abort', ring);
  let holds = false;
  try {
    const isPooled = await listen(client);
    await register(client, settings);
    while (!signal.aborted) {
      const wait = alarm.arm();
      holds ||= await take(client, settings, progress.holder);
      if (!holds) {
        await wait(STAND_BY_MS);
        continue;
      }
      const step = await stepOrFail(client, settings, progress);
      progress.lost = 0;
      if (step.isDone) return;
      if (step.did === 'failed') holds = await sitOut(client, settings, progress);
      else if (step.did === 'lost') holds = false;
      else if (step.did === 'idle') await wait(isPooled ? POOLED_POLL_MS : POLL_MS);
    }
  } finally {
    client.off('notification', ring).off('error', ring);
    signal.removeEventListener('abort', ring);
    if (holds) await release(client, settings, progress.holder).catch(() => {});
  }
}

/** @returns whether a pooler stands in between, which gives its clients process numbers of its own. */
async function listen(client: pg.ClientBase): Promise<boolean> {
  const { processID } = client as unknown as { processID: number | null };
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  if (rows[0]?.pid !== processID) return true;
  await client.query(`listen ${CHANNEL}`);
  return false;
}

async function stepOrFail(
  client: pg.ClientBase,
  settings: Settings,
  progress: Progress,
): Promise<Step | { did: 'failed'; isDone: false }> {
  const { holder, size, stretch, skip } = progress;
  try {
    const step = await takeStep(client, settings, { holder, limit: size, stretch, skip });
    progress.stretch = step.stretch ?? stretch;
    if (step.did === 'handled') {
      progress.attempt = 0;
      progress.skip = undefined;
      progress.size = Math.min(settings.batch, size * 2);
    }
    return step;
  } catch (error) {
    if (!(error instanceof HandlerFailed)) throw error;
    await judge(client, settings, progress, error);
    return { did: 'failed', isDone: false };
  }
}

/** Of a batch, the failing change is looked for first; nothing is asked before it is found. */
async function judge(
  client: pg.ClientBase,
  settings: Settings,
  progress: Progress,
  { changes, cause }: HandlerFailed,
): Promise<void> {
  const message = messageOf(cause);
  await noteError(client, settings, message);
  if (changes.length > 1) {
    progress.size = 1;
    return;
  }
  progress.size = 1;
  progress.attempt += 1;
  const [change] = changes;
  const verdict = await settings.onError({ error: cause, change, attempt: progress.attempt });
  if (verdict === 'stop') throw new ConsumerStopped('stopped', message, { cause });
  progress.skip = verdict === 'skip' ? message : undefined;
}

/** Waits before the next try, and stays the holder meanwhile. Returns whether it still is. */
async function sitOut(client: pg.ClientBase, settings: Settings, progress: Progress): Promise<boolean> {
  const { attempt, skip, holder } = progress;
  if (attempt === 0 || skip !== undefined) return true;
  const until = performance.now() + pauseAfter(attempt);
  const alarm = new Alarm();
  const ring = () => alarm.ring();
  settings.signal.addEventListener('abort', ring);
  try {
    for (
      let left = pauseAfter(attempt);
      left > 0 && !settings.signal.aborted;
      left = until - performance.now()
    ) {
      await alarm.arm()(Math.min(left, POLL_MS));
      if (!(await renew(client, settings, holder))) return false;
    }
    return true;
  } finally {
    settings.signal.removeEventListener('abort', ring);
  }
}
