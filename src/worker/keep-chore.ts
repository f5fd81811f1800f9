import { hostname } from 'node:os';
import { explain } from '../outages/index.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import { HOLD_MS, holdChore, letGo, noteDone, takeChore, type Chore } from '../store/state/chores.ts';

interface KeptChore {
  store: Store;
  log: Logger;
  chore: Omit<Chore, 'by'>;
  /** How the log names a failure, for example "The schedules could not be brought in step". */
  failure: string;
  /** Does it. False if a part of it is left to be done. */
  act: (signal: AbortSignal) => Promise<boolean>;
  /** How often it looks whether it is due. */
  lookEveryMs?: number;
}

export interface ChoreKeeper {
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 5 * 60_000;
let keepers = 0;

/** Does a chore when it is due. One worker does it for all: a look of the others costs one statement. */
export function keepChore(kept: KeptChore): ChoreKeeper {
  const { lookEveryMs = LOOK_EVERY_MS, log, failure } = kept;
  const stop = new AbortController();
  const by = `${hostname()}/${process.pid}/${(keepers += 1)}`;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  // Where workers have different settings, as while you change them, each start counts once, or they would undo each other.
  let isStart = true;
  const look = () => {
    looking = keep(kept, by, isStart, stop.signal)
      .then(() => void (isStart = false))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) log.warn(`${failure}: ${explain(error)}`);
      })
      .finally(() => {
        if (!stop.signal.aborted) timer = setTimeout(look, lookEveryMs).unref();
      });
  };
  look();
  return {
    async stop() {
      stop.abort();
      clearTimeout(timer);
      await looking;
    },
  };
}

async function keep(kept: KeptChore, by: string, isStart: boolean, signal: AbortSignal): Promise<void> {
  const { store, act } = kept;
  const chore = { ...kept.chore, by };
  if (!(await takeChore(store, chore, { anyVersion: !isStart }))) return;
  const lost = new AbortController();
  const hold = setInterval(() => {
    holdChore(store, chore).then(
      (held) => held || lost.abort(new Error('Another worker has taken it over.')),
      () => {},
    );
  }, HOLD_MS / 4).unref();
  try {
    const isDone = await act(AbortSignal.any([signal, lost.signal]));
    if (isDone) await noteDone(store, chore);
    else await letGo(store, chore);
  } catch (error) {
    await letGo(store, chore).catch(() => {});
    throw error;
  } finally {
    clearInterval(hold);
  }
}
