import type { Logger } from '../../log.ts';
import type { Store } from '../../store/database.ts';
import { explain } from '../../outages/index.ts';
import { warnOfUnusable } from '../../temporal/labels.ts';
import { ensureConnected, type TemporalHandle } from '../../temporal/connect.ts';

/** Resolves when the signal aborts. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  // A pending promise alone does not keep a process alive.
  const keepAlive = setInterval(() => {}, 60_000);
  await promise;
  clearInterval(keepAlive);
}

/** Waits for `work`, but at most `ms`. Returns whether it ended in time. */
export async function bounded(ms: number, work: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Logs which dependency is away; never throws. `serve` starts without them and uses them once they are back. */
export async function warnOfAbsent(deps: {
  store: Store;
  temporal: TemporalHandle;
  log: Logger;
}): Promise<void> {
  const { store, temporal, log } = deps;
  await Promise.all([
    store.pool.query('select 1').catch((error: unknown) => {
      log.warn(`${explain(error)} Webhooks are still accepted.`);
    }),
    ensureConnected(temporal).then(
      () => warnOfUnusable(temporal.client, log),
      (error: unknown) => {
        log.warn(`${explain(error)} Webhooks are answered with 503 until then.`);
      },
    ),
  ]);
}
