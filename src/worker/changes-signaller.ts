import { signalChanges, type SignalDeps } from '../operations/signal-changes.ts';

export interface ChangesSignaller {
  /** Something may have changed. */
  wake(): void;
  stop(): Promise<void>;
}

/** Pages that are committed together are one signal. */
const FOLD_MS = 500;
/** What a worker that has died left behind is found by the next look of another one. */
const LOOK_EVERY_MS = 15_000;
const SHORTEST_MS = 1_000;
const LATER = 'Changes are signalled later';

/** Sends the signals of CHANGES_SIGNAL, beside everything else: no sync waits for it, and none fails by it. */
export function startChangesSignaller(deps: Omit<SignalDeps, 'signal'>): ChangesSignaller {
  if (!deps.config.CHANGES_SIGNAL) return { wake() {}, stop: async () => {} };
  const stop = new AbortController();
  const { signal } = stop;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Infinity;
  let round: Promise<void> | undefined;
  const plan = (ms: number) => {
    const at = performance.now() + ms;
    if (signal.aborted || at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(look, ms).unref();
  };
  const look = () => {
    dueAt = Infinity;
    // One that runs looks at the feed again only in its next round.
    if (round) return plan(SHORTEST_MS);
    round = run();
  };
  const run = async () => {
    let ms: number | null = null;
    try {
      ms = await signalChanges({ ...deps, signal });
    } catch (error) {
      deps.log.debug({ err: error }, LATER);
    }
    round = undefined;
    plan(Math.min(LOOK_EVERY_MS, Math.max(SHORTEST_MS, ms ?? LOOK_EVERY_MS)));
  };
  plan(FOLD_MS);
  return {
    wake: () => plan(FOLD_MS),
    async stop() {
      stop.abort();
      clearTimeout(timer);
      await round;
    },
  };
}
