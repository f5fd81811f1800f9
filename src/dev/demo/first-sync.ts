import type { Config } from '../../config.ts';
import { selectEndpoints } from '../../domain/choice.ts';
import { readHistory } from '../../store/state/endpoint-history.ts';
import type { Integration } from '../../store/state/integrations.ts';
import type { Store } from '../../store/database.ts';
import { startFullSync } from '../../temporal/start.ts';
import type { TemporalHandle } from '../../temporal/connect.ts';
import type { PageEvent } from '../../worker/run.ts';
import type { Output } from '../output.ts';
import { Progress } from './progress.ts';

interface FirstSyncDeps {
  config: Config;
  store: Store;
  temporal: TemporalHandle;
  output: Output;
  signal: AbortSignal;
  /** Calls the listener for every page that is read from now on. */
  onPages: (listener: (event: PageEvent) => void) => void;
}

/**
 * Runs the first full sync of the integrations that have never completed one, and shows its progress.
 *
 * @throws the reason of the signal if it aborts. The syncs continue at the next start.
 */
export async function runFirstSyncs(
  deps: FirstSyncDeps,
  integrations: readonly Integration[],
): Promise<void> {
  const { config, store, temporal, output } = deps;
  const fresh: Integration[] = [];
  for (const integration of integrations) {
    const paths = selectEndpoints(integration, config).read.map(({ path }) => path);
    const { endpoints } = await readHistory(store, integration.id, paths);
    if ([...endpoints.values()].every(({ lastFull }) => lastFull === null)) fresh.push(integration);
  }
  if (fresh.length === 0) return;
  output.say(`First full sync of ${fresh.length} integrations:`);
  const counts = fresh.map((integration): [string, number] => [
    integration.id,
    selectEndpoints(integration, config).read.length,
  ]);
  const progress = new Progress(output, new Map(counts));
  deps.onPages((event) => progress.page(event));
  const began = performance.now();
  const runs = fresh.map(async ({ id, tool, category }) => {
    const request = { integrationId: id, tool, category, trigger: 'initial' as const };
    const { handle } = await startFullSync(temporal.client, config, request);
    const { status, failed } = await handle.result();
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const detail = failed.length > 0 ? `: ${failed.join(', ')} failed` : '';
    progress.end(id, `${status} in ${seconds} s${detail}`);
  });
  await Promise.race([Promise.all(runs), aborted(deps.signal)]);
}

/** Rejects if the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return promise;
}
